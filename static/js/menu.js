// The menu of a message: opened by its button, or by a long press on a phone.
import { find, findAll } from "./page.js";
import { Popup } from "./popup.js";
import { time } from "./clock.js";

export class Menu {
  #row = null;
  #back = null;
  #anchor = null;

  /** `deeds`: what can be done. `given(row)`: the emoji this person gave; `react(row, emoji)` gives one. */
  constructor({ element, deeds, given, react }) {
    Object.assign(this, { element, deeds, given, react, popup: new Popup(element) });
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("keydown", (event) => this.#key(event));
  }

  get isOpen() {
    return this.popup.isOpen;
  }

  /** Opens for a row, beside `anchor`. `author`: who is named as having said it; `back()`: where the focus goes. */
  open(row, { anchor, author, back }) {
    [this.#row, this.#back, this.#anchor] = [row, back, anchor];
    this.element.setAttribute("aria-label", `Actions for ${author}, ${time(row.at)}`);
    this.#offer();
    this.popup.open(anchor, back);
    this.#items()[0]?.focus({ preventScroll: true });
  }

  #offer() {
    const row = this.#row;
    for (const item of findAll("do", this.element)) item.hidden = !this.deeds.can(item.dataset.do, row);
    find("quick", this.element).hidden = !this.deeds.can("react", row);
    for (const button of findAll("give", this.element)) button.setAttribute("aria-checked", String(button.dataset.give === this.given(row)));
    find("pin-words", this.element).textContent = row.pinned ? "Unpin" : "Pin in this room";
    find("star-words", this.element).textContent = this.deeds.starred.has(row.seq) ? "Remove star" : "Star";
  }

  #click({ target }) {
    const item = target.closest("[data-do], [data-give]");
    if (!item) return;
    const { do: name, give } = item.dataset;
    this.popup.close();
    if (give) this.react(this.#row, give);
    else this.deeds.do(name, this.#row, { anchor: this.#anchor, back: this.#back });
  }

  #key(event) {
    if (event.key === "Tab") return event.preventDefault(), this.popup.close();
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const quick = document.activeElement.closest("[data-quick]");
    const below = items.findIndex((item) => !item.closest("[data-quick]"));
    const to = {
      ArrowDown: quick ? below : at + 1,
      ArrowUp: at === below ? 0 : at - 1,
      ArrowRight: quick ? at + 1 : at,
      ArrowLeft: quick ? at - 1 : at,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  }

  #items() {
    return [...this.element.querySelectorAll("button")].filter((item) => item.checkVisibility());
  }
}
