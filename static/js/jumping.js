// Going to one message: from a quote, a pin, a link, a search. It is lit up for a moment, and has the focus.
import { after } from "./seconds.js";
import { say } from "./notice.js";

const LIT = 3; // seconds

export class Jumping {
  /** `reach(seq)` puts a message on the page and resolves to whether it could. */
  constructor({ root, scroller, timeline, reach }) {
    Object.assign(this, { root, scroller, timeline, reach });
    document.addEventListener("click", (event) => this.#click(event));
  }

  /** Shows the message at `seq`. */
  async to(seq) {
    if (!(await this.reach(seq))) return say("That message can’t be shown: it was removed, or isn’t yours to see.");
    this.light(seq);
  }

  /** Brings a message that is on the page to where one looks. */
  light(seq) {
    const article = this.timeline.article(seq);
    if (!article) return;
    article.classList.add("measured", "lit");
    this.scroller.toMiddle(article);
    article.focus({ preventScroll: true });
    after(LIT, () => article.classList.remove("lit"));
  }

  #click(event) {
    const link = event.target.closest("[data-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !this.root.contains(link)) return;
    event.preventDefault();
    this.to(Number(link.dataset.quote));
  }
}
