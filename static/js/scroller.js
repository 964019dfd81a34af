// The room's scroller. It is laid out from the bottom (column-reverse): scrollTop is 0 at the newest message and
// negative above, so it opens at the newest and stays there, and older history never moves what one reads.
import { find, findAll, plural } from "./page.js";

const NEAR = 100; // pixels within which one counts as being at the end

export class Scroller {
  #below = 0; // arrived below while reading above

  /** `toNewest()` brings the newest rows onto the page; `newest()`: whether they are on it. */
  constructor({ element, jump, toNewest, newest }) {
    Object.assign(this, { element, jump, toNewest, newest });
    element.addEventListener("scroll", () => this.#moved(), { passive: true });
    jump.addEventListener("click", () => this.toEnd());
  }

  get atEnd() {
    return -this.element.scrollTop < NEAR && this.newest();
  }

  /** Does `work` without moving what is being read; at the end it follows what arrives. */
  keep(work) {
    const follow = this.atEnd;
    const anchor = follow ? null : this.#firstVisible();
    const before = anchor?.getBoundingClientRect().top;
    work();
    if (follow) this.element.scrollTop = 0;
    else if (anchor?.isConnected) this.element.scrollTop += anchor.getBoundingClientRect().top - before;
    this.#moved();
  }

  /** Something arrived that one can't see. */
  countBelow() {
    if (!this.atEnd) this.#below += 1;
    this.#moved();
  }

  toEnd() {
    this.toNewest();
    this.element.scrollTop = 0;
    this.#moved();
  }

  /** Brings `target` to where one looks. */
  toMiddle(target) {
    target.scrollIntoView({ block: "center" });
    this.#moved();
  }

  /** Brings `target` under the header. */
  toTop(target) {
    const gap = target.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
    this.element.scrollTop += gap - NEAR / 2;
    this.#moved();
  }

  #moved() {
    if (this.atEnd) this.#below = 0;
    this.jump.hidden = this.atEnd;
    const badge = find("below", this.jump);
    badge.hidden = this.#below === 0;
    badge.textContent = this.#below;
    find("below-words", this.jump).textContent = this.#below ? `, ${plural(this.#below, "new message")}` : "";
  }

  #firstVisible() {
    const top = this.element.getBoundingClientRect().top;
    return findAll("message", this.element).find((article) => article.getBoundingClientRect().bottom > top + NEAR);
  }
}
