// The messages are one Tab stop; arrows move among them. Enter leads into a message, to its own links and buttons, which
// are no Tab stops while the focus is elsewhere; Left and Right move among those, and Esc leads out.
import { findAll } from "./page.js";
import { inner, quiet } from "./messages.js";

const SIDE = { ArrowLeft: -1, ArrowRight: 1 };

export class Roving {
  /** `root` holds the messages; `leave()` gives the focus back to where one writes. */
  constructor({ root, leave }) {
    Object.assign(this, { root, leave, current: null });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("focusin", ({ target }) => this.#stop(target.closest("[data-message]")));
    root.addEventListener("focusout", ({ target, relatedTarget }) => this.#left(target.closest("[data-message]"), relatedTarget));
  }

  /** Keeps one stop: the newest, unless somebody is at another. */
  tend() {
    if (this.current?.isConnected && this.root.contains(document.activeElement)) return;
    this.#stop(this.#all().at(-1));
  }

  #all() {
    return findAll("message", this.root);
  }

  #stop(article) {
    if (!article || article === this.current) return;
    if (this.current) this.current.tabIndex = -1;
    article.tabIndex = 0;
    this.current = article;
  }

  /** With the focus in it, a message's own links and buttons are Tab stops. */
  #left(article, next) {
    if (article && !article.contains(next)) queueMicrotask(() => quiet(article));
  }

  #key(event) {
    const here = event.target.closest("[data-message]");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const own = inner(here).filter((each) => each.checkVisibility());
    if (event.key === "Escape" && event.target !== here) return this.#go(event, here);
    if (event.key === "Enter" && event.target === here && own.length) return this.#into(event, own, 0);
    if (event.target !== here && event.key in SIDE) return this.#into(event, own, own.indexOf(event.target) + SIDE[event.key]);
    this.#among(event, here);
  }

  #into(event, own, at) {
    for (const each of own) each.removeAttribute("tabindex");
    this.#go(event, own[(at + own.length) % own.length]);
  }

  #among(event, here) {
    const all = this.#all();
    const at = all.indexOf(here);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    if (to >= all.length) return this.#go(event, null);
    this.#go(event, all[Math.max(0, to)]);
  }

  #go(event, target) {
    event.preventDefault();
    if (!target) return this.leave();
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }
}
