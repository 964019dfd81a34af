// The messages are one Tab stop; arrows move among them.
import { findAll } from "./page.js";

export class Roving {
  /** `root` holds the messages; `leave()` gives the focus back to where one writes. */
  constructor({ root, leave }) {
    Object.assign(this, { root, leave, current: null });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("focusin", ({ target }) => this.#stop(target.closest("[data-message]")));
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

  #key(event) {
    const here = event.target.closest("[data-message]");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = this.#all();
    const at = all.indexOf(here);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    const inside = here.querySelector("button");
    if (event.key === "Enter" && event.target === here && inside) return this.#go(event, inside);
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
