// How far the others of a one-to-one room got: the ticks of own messages, and the line "Seen".
import { Seen } from "./seen.js";
import { setState } from "./messages.js";

export class Pointers {
  /** `shown`: person -> {received, read}, as told. `person`: the other one of a one-to-one room, or null. `readers`: who
   * says in a group who has seen a message, or null. */
  constructor({ timeline, shown, person, readers = null }) {
    Object.assign(this, { timeline, shown, seen: person ? new Seen({ timeline, person }) : readers });
    this.#note({ live: false });
  }

  /** Somebody got further. `live`: just now. Whatever it changes is drawn. */
  told(receipts, { live = false } = {}) {
    this.shown = { ...this.shown, ...receipts };
    this.#note({ live });
    for (const row of this.timeline.shown) this.mark(this.timeline.article(row.seq), row);
    this.place();
  }

  /** Draws how far an own message got. */
  mark(article, row) {
    if (row.sender === this.timeline.view.me && !row.event) setState(article, this.#state(row));
  }

  /** The line "Seen" goes where it belongs now. */
  place() {
    this.seen?.place();
  }

  #state({ seq }) {
    const others = Object.values(this.shown);
    if (others.length && others.every(({ read }) => read >= seq)) return "read";
    return others.length && others.every(({ received }) => received >= seq) ? "delivered" : "sent";
  }

  #note(how) {
    for (const { read } of Object.values(this.shown)) this.seen?.upto(read, how);
  }
}
