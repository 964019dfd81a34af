// What arrives in the open room: rows in their order, what was read, what became of one's own place in it.
import * as announce from "./announce.js";
import * as known from "./people_known.js";
import { find, watched } from "./page.js";
import { outbox } from "./wire.js";
import { words } from "./messages.js";

export class Incoming {
  #placed = new Set(); // client_ids of own rows that have their place

  /** `parts`: the room's parts by name (room.js). */
  constructor({ room, me, parts }) {
    Object.assign(this, { room, me, parts });
    known.on("changed", (people) => this.#renamed(new Set(people.map(({ id }) => id))));
  }

  /** Rows in the order of the room. What was missed while away isn't read aloud. */
  show(rows, { live }) {
    const { scroller, timeline, pins, acting, history } = this.parts;
    scroller.keep(() => {
      const news = rows.filter((row) => this.#isNews(row));
      for (const row of rows) timeline.put(row);
      for (const row of news) this.#arrived(row, live);
      this.tidy();
    });
    pins.heard(rows);
    acting.toolbar.refresh();
    history.trimAfterArrival();
  }

  /** Too much was missed: what is older than the new page goes, and is fetched again when somebody scrolls there. */
  drop(seq) {
    this.parts.timeline.drop(seq);
    this.parts.history.more = true;
    this.parts.pins.renew();
  }

  /** A row has its place on the page. */
  drawn(article, row) {
    if (row.sender !== this.me || row.event) return this.parts.reading.watch(article);
    this.parts.pointers.mark(article, row);
    this.#placed.add(row.client_id);
    outbox.acked({ client_id: row.client_id, room: this.room }); // a row is as good as an acknowledgement that got lost
  }

  /** Whether this message of one's own has its place already. */
  placed(id) {
    return this.#placed.has(id);
  }

  erased(article) {
    this.parts.reading.unwatch(article);
    this.parts.acting.toolbar.leave(article);
  }

  /** Something about a row changed that isn't in it. */
  redraw(seq) {
    const row = this.parts.timeline.held.get(seq);
    if (row) this.parts.scroller.keep(() => this.parts.timeline.redraw(row));
  }

  /** This person doesn't want to see these any more. */
  hide(seqs) {
    this.parts.scroller.keep(() => {
      for (const seq of seqs) this.parts.timeline.held.hidden.add(seq), this.parts.timeline.remove(seq);
      this.tidy();
    });
  }

  /** The server's word on this person's own place in the room. */
  mine(told) {
    const { membership, reading, acting } = this.parts;
    if (told.version < membership.version) return;
    Object.assign(membership, told);
    reading.advance(Math.min(told.read_seq, (told.unread_from_seq ?? Infinity) - 1));
    if (told.hidden) this.hide(told.hidden);
    for (const [seq, on] of told.starred ?? []) acting.deeds.starred[on ? "add" : "delete"](seq);
    acting.toolbar.refresh();
  }

  /** A new connection: what was reported on the old one may have been lost. */
  greeted(told) {
    this.mine(told);
    this.parts.pointers.told(told.receipts);
    this.parts.reading.again(told.read_seq);
  }

  /** What depends on all that is on the page. */
  tidy() {
    const { pending, timeline, unread, pointers, roving, history } = this.parts;
    pending.arrange(timeline.rows.at(-1), (one, next) => timeline.joined(one, next));
    unread.place();
    pointers.place();
    roving.tend();
    find("beginning").hidden = !history.complete || timeline.rows.length === 0;
    find("empty").hidden = !history.complete || timeline.rows.length > 0 || pending.first() !== undefined;
  }

  /** What others say is news; what they change isn't. */
  #isNews(row) {
    return row.rev === row.seq && row.sender !== this.me && !row.event;
  }

  #arrived(row, live) {
    const { scroller, unread, typing } = this.parts;
    scroller.countBelow();
    if (!watched()) unread.begin(row.seq);
    if (!live) return;
    typing.hide(row.sender);
    if (watched() && !row.hidden) announce.arrived(known.name(row.sender), words(row));
  }

  /** Names have become known, or others: whoever is named on the page is named anew. */
  #renamed(ids) {
    const { timeline, scroller } = this.parts;
    const named = (row) => [row.sender, row.reply?.sender, ...(row.reactions ?? []).flatMap(([, people]) => people)];
    scroller.keep(() => {
      for (const row of timeline.shown) if (row.event || named(row).some((id) => ids.has(id))) timeline.redraw(row);
    });
    this.parts.pins.draw();
  }
}
