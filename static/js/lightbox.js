// A picture over the whole page: arrows go to the room's others, Escape closes, a click or + and - change its size.
import { fileUrl } from "./upload.js";
import { find } from "./page.js";

let box = null;

/** Shows the picture with this id, among all `pictures` in their order, as rows describe them. */
export function open(id, pictures) {
  box ??= new Lightbox(find("lightbox"));
  box.open(id, pictures);
}

class Lightbox {
  #at = 0;
  #pictures = [];

  constructor(dialog) {
    Object.assign(this, { dialog, image: find("lightbox-image", dialog), stage: find("lightbox-stage", dialog) });
    for (const [hook, step] of [["lightbox-back", -1], ["lightbox-on", 1]]) find(hook, dialog).addEventListener("click", () => this.#go(step));
    find("lightbox-zoom", dialog).addEventListener("click", () => this.#zoom());
    this.stage.addEventListener("click", ({ target }) => (target === this.image ? this.#zoom() : dialog.close()));
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("close", () => this.image.removeAttribute("src"));
  }

  open(id, pictures) {
    this.#pictures = pictures;
    this.#at = this.#pictures.findIndex((one) => one.id === id);
    if (this.#at < 0) return;
    this.dialog.showModal();
    this.#show();
  }

  #go(step) {
    const at = this.#at + step;
    if (!this.#pictures[at]) return;
    this.#at = at;
    this.#show();
  }

  #show() {
    const { dialog, image } = this;
    const picture = this.#pictures[this.#at];
    this.#zoom(false);
    Object.assign(image, { width: picture.width, height: picture.height, alt: picture.alt ?? `${picture.name}, without a description` });
    image.src = fileUrl(picture);
    const words = find("lightbox-words", dialog);
    words.textContent = picture.alt ?? "";
    find("lightbox-name", dialog).textContent = picture.name;
    find("lightbox-place", dialog).textContent = this.#pictures.length > 1 ? `${this.#at + 1} of ${this.#pictures.length}` : "";
    find("lightbox-save", dialog).href = fileUrl(picture, "save");
    find("lightbox-back", dialog).disabled = this.#at === 0;
    find("lightbox-on", dialog).disabled = this.#at === this.#pictures.length - 1;
  }

  /** Fitted into the page, or in its full size. */
  #zoom(large = !this.stage.classList.contains("is-large")) {
    this.stage.classList.toggle("is-large", large);
    const button = find("lightbox-zoom", this.dialog);
    button.setAttribute("aria-pressed", String(large));
    if (large) this.stage.scrollTo((this.stage.scrollWidth - this.stage.clientWidth) / 2, (this.stage.scrollHeight - this.stage.clientHeight) / 2);
  }

  #key(event) {
    const keys = { ArrowLeft: () => this.#arrow(-1), ArrowRight: () => this.#arrow(1), "+": () => this.#zoom(true), "=": () => this.#zoom(true), "-": () => this.#zoom(false) };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  /** Where one reads from right to left, the next one is on the left. */
  #arrow(step) {
    this.#go(document.documentElement.dir === "rtl" ? -step : step);
  }
}
