// What floats over the page until one chooses or turns away: a menu, a picker. One at a time. The stylesheet places it
// beside its anchor, or as a sheet at the bottom of a phone.
let current = null;

export class Popup {
  #anchor = null;
  #back = null; // where the focus returns to

  constructor(element) {
    this.element = element;
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !element.contains(relatedTarget) && this.close({ returning: false }));
  }

  get anchor() {
    return this.#anchor;
  }

  get isOpen() {
    return current === this;
  }

  /** Opens beside `anchor`; afterwards the focus goes to what `back` gives. */
  open(anchor, back) {
    current?.close();
    current = this;
    [this.#anchor, this.#back] = [anchor, back];
    anchor.classList.add("menu-anchor");
    if (anchor.hasAttribute("aria-expanded")) anchor.setAttribute("aria-expanded", "true");
    this.element.showPopover();
  }

  /** `returning`: whether the focus goes back where it came from. */
  close({ returning = true } = {}) {
    if (!this.isOpen) return;
    current = null;
    this.#anchor.classList.remove("menu-anchor");
    if (this.#anchor.hasAttribute("aria-expanded")) this.#anchor.setAttribute("aria-expanded", "false");
    this.element.hidePopover();
    if (returning) this.#back()?.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.close();
  }
}

/** A touch or click elsewhere closes what is open. A touch does nothing but that; nor does a click on what opened it. */
function elsewhere(event) {
  if (!current || current.element.contains(event.target)) return;
  if (event.pointerType === "touch" || current.anchor.contains(event.target)) swallowClick();
  current.close({ returning: event.pointerType === "touch" });
}

/** The click that this touch ends in isn't meant for what lies under it. */
export function swallowClick() {
  const swallow = (event) => (event.stopPropagation(), event.preventDefault());
  addEventListener("click", swallow, { capture: true, once: true });
  addEventListener("pointerdown", () => removeEventListener("click", swallow, { capture: true }), { capture: true, once: true });
}

addEventListener("pointerdown", elsewhere, { capture: true });
