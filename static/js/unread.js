// The line above what is new. It is fixed when the room opens or when something arrives while one is away; it doesn't
// move while one reads, and goes when one writes, or leaves and comes back.
import { clone, find } from "./page.js";

export class Unread {
  #line = clone("unread-line");
  #count = 0;
  #last = 0; // the newest message that was new
  seq = null;

  constructor({ timeline }) {
    this.timeline = timeline;
  }

  /** Draws the line above the message at `seq`, if none is drawn; otherwise counts one more. */
  begin(seq, count = 1, last = seq) {
    if (this.seq === null) {
      this.seq = this.timeline.breakAt = seq;
      this.#count = 0;
      this.timeline.regroup(seq);
    }
    this.#count += count;
    this.#last = Math.max(this.#last, last);
    this.place();
  }

  /** The line goes where its message is, if that is on the page. */
  place() {
    const article = this.seq === null ? null : this.timeline.article(this.seq);
    find("unread-words", this.#line).textContent = `${this.#count > 99 ? "99+" : this.#count} new message${this.#count === 1 ? "" : "s"}`;
    if (article && this.#line.nextElementSibling !== article) article.before(this.#line);
    else if (!article) this.#line.remove();
  }

  clear() {
    if (this.seq === null) return;
    const { seq } = this;
    this.seq = this.timeline.breakAt = null;
    this.#line.remove();
    this.timeline.regroup(seq);
  }

  /** Somebody who leaves has seen the line; what they haven't read keeps it. */
  leave(read) {
    if (this.seq !== null && this.#last <= read) this.clear();
  }

  /** Where to open the room. */
  get element() {
    return this.#line.isConnected ? this.#line : null;
  }
}
