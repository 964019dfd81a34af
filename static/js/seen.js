// "Seen 14:36": under the newest own message that the other person of a one-to-one room has read. Once they have
// answered, the answer says it.
import { drawAvatar } from "./avatar.js";
import { time } from "./clock.js";
import { clone, find } from "./page.js";

export class Seen {
  #row = clone("seen-row");
  #at = null; // when we heard of it: the moment itself isn't told
  #read = 0;

  /** `person`: whose picture stands there. */
  constructor({ timeline, person }) {
    Object.assign(this, { timeline, person });
    drawAvatar(find("seen-face", this.#row).firstElementChild, person, false);
  }

  /** The other person has read up to `seq`. `live`: just now. */
  upto(seq, { live }) {
    if (seq <= this.#read) return;
    this.#read = seq;
    this.#at = live ? new Date() : null;
  }

  /** The line goes under its message, if that is on the page. */
  place() {
    const said = this.timeline.shown.filter(({ event, removed }) => !event && !removed);
    const row = said.findLast(({ seq, sender }) => seq <= this.#read || sender !== this.timeline.view.me);
    const article = row?.sender === this.timeline.view.me ? this.timeline.article(row.seq) : null;
    find("seen-words", this.#row).textContent = this.#at ? `Seen ${time(this.#at)}` : "Seen";
    if (!article) this.#row.remove();
    else if (article.nextElementSibling !== this.#row) article.after(this.#row);
  }
}
