// One set of buttons for all messages: it moves into the one that the mouse or the focus is on.
import { quiet } from "./messages.js";
import { find, findAll } from "./page.js";

export class Toolbar {
  /** `row(article)`: whose message it is. `deeds`: what can be done. `more(row, button)` opens the menu; `held()`:
   * whether something is open that belongs to the message it is in. */
  constructor({ root, element, row, deeds, more, back, held }) {
    Object.assign(this, { root, element, row, deeds, more, back, held });
    root.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#to(event.target.closest("[data-message]")));
    root.addEventListener("focusin", ({ target }) => this.#to(target.closest("[data-message]")));
    element.addEventListener("click", (event) => this.#click(event));
  }

  get article() {
    return this.element.closest("[data-message]");
  }

  /** A message goes: the buttons stay on the page. */
  leave(article) {
    if (article.contains(this.element)) this.element.remove();
  }

  /** Offers what can be done with the message it is in, as it is now. */
  refresh() {
    const row = this.article && this.row(this.article);
    for (const button of findAll("do", this.element)) button.hidden = !this.deeds.can(button.dataset.do, row);
  }

  #to(article) {
    if (!article || article === this.article || this.held() || this.element.contains(document.activeElement)) return;
    const row = this.row(article);
    if (!row) return;
    find("body", article).append(this.element);
    this.refresh();
    quiet(article);
  }

  #click({ target }) {
    const button = target.closest("button");
    const row = this.row(this.article);
    if (!button || !row) return;
    const { article } = this;
    const back = () => (article.isConnected ? article : null);
    if ("more" in button.dataset) this.more(row, button, article);
    else this.deeds.do(button.dataset.do, row, { anchor: button, back });
  }
}
