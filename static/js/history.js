// Older messages, a page at a time, and a window of at most 300 of them on the page. Rows stay in memory: coming back
// down shows them again without asking the server, so there is never a hole below. From an old message, to which a link
// led, it goes both ways.
import { around, newer, older } from "./api.js";
import { after } from "./seconds.js";

const PAGE = 50;
const MOST = 300;
const SLACK = 20;
const AHEAD = "800px 0px";
const END = Number.MAX_SAFE_INTEGER;

export class History {
  #asking = false;

  /** `top` and `bottom`: the edges to watch. `more`: whether the server has older rows. `changed()` is told. */
  constructor({ room, timeline, scroller, top, bottom, more, changed }) {
    Object.assign(this, { room, timeline, scroller, top, bottom, more, changed });
    this.watcher = new IntersectionObserver((seen) => this.#seen(seen), { root: scroller.element, rootMargin: AHEAD });
  }

  start() {
    this.watcher.observe(this.top);
    this.watcher.observe(this.bottom);
  }

  /** Whether the first message of the room is on the page. */
  get complete() {
    return !this.more && this.timeline.from === 0;
  }

  /** Puts the newest rows on the page, and only a page of them; where they aren't here yet, once they have come. */
  toNewest() {
    const { timeline } = this;
    if (timeline.held.open) return this.#load(() => older(this.room, END)).then(() => this.scroller.toEnd(), () => {});
    if (!timeline.atNewest) timeline.show(Math.max(0, timeline.rows.length - 2 * PAGE), timeline.rows.length);
    this.#trim({ top: true });
  }

  /** Puts the message at `seq` on the page, with what stands around it. Resolves to whether it is there. */
  async reach(seq) {
    const { timeline } = this;
    const at = timeline.held.place(seq);
    if (timeline.rows[at]?.seq !== seq) await this.#load(() => around(this.room, seq)).catch(() => {});
    else if (!timeline.article(seq)) this.#show(Math.max(0, at - PAGE), Math.min(timeline.rows.length, at + PAGE));
    return timeline.article(seq) !== undefined;
  }

  /** What arrives at the end pushes the oldest off the page, as long as one is reading at the end. */
  trimAfterArrival() {
    if (this.scroller.atEnd) this.#trim({ top: true });
  }

  #seen(seen) {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      if (target === this.top) this.#up();
      else this.#down();
    }
  }

  #up() {
    if (this.complete) return;
    this.#page(this.top, async () => {
      if (this.timeline.from === 0) await this.#fetchOlder();
      const { from, to } = this.timeline;
      this.#show(Math.max(0, from - PAGE), to);
      this.scroller.keep(() => this.#trim({ top: false }));
    });
  }

  #down() {
    if (this.timeline.atNewest) return;
    this.#page(this.bottom, async () => {
      if (this.timeline.to === this.timeline.rows.length) await this.#fetchNewer();
      const { from, to, rows } = this.timeline;
      this.#show(from, Math.min(rows.length, to + PAGE));
      this.scroller.keep(() => this.#trim({ top: true }));
    });
  }

  /** One page at a time; what fails is tried again, and the connection's own pill says that something is wrong. */
  async #page(edge, work) {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await work();
      this.#again(edge);
    } catch {
      after(2, () => this.#again(edge));
    } finally {
      this.#asking = false;
    }
  }

  /** What was asked for before the rows were replaced by others doesn't join them: it would leave a hole. */
  #fetchOlder() {
    const before = this.#oldest;
    return this.timeline.held.expect(() => older(this.room, before), ({ rows, more }) => {
      if (this.#oldest !== before) return;
      this.timeline.prepend(rows);
      this.more = more;
    });
  }

  #fetchNewer() {
    const last = this.#newest;
    return this.timeline.held.expect(() => newer(this.room, last), ({ rows, more }) => {
      if (this.timeline.held.open && this.#newest === last) this.timeline.held.append(rows, more);
    });
  }

  get #oldest() {
    return this.timeline.rows[0]?.seq ?? END;
  }

  get #newest() {
    return this.timeline.rows.at(-1)?.seq ?? 0;
  }

  /** Other rows in place of all. Fails where they can't be had. */
  #load(ask) {
    return this.timeline.held.expect(ask, ({ rows, more, more_after = false }) => {
      this.timeline.replace(rows, more_after);
      this.more = more;
      this.timeline.show(0, this.timeline.rows.length);
      this.changed();
    });
  }

  #show(from, to) {
    this.scroller.keep(() => {
      this.timeline.show(from, to, { below: true });
      this.changed();
    });
  }

  #trim({ top }) {
    const { from, to } = this.timeline;
    if (to - from <= MOST + SLACK) return;
    if (top) this.timeline.show(to - MOST, to);
    else this.timeline.show(from, from + MOST);
  }

  /** An observer only speaks when something changes: looking anew makes it speak again. */
  #again(edge) {
    this.watcher.unobserve(edge);
    this.watcher.observe(edge);
  }
}
