// Older messages, a page at a time, and a window of at most 300 of them on the page. Rows stay in memory: coming back
// down shows them again without asking the server, so there is never a hole below.
import { older } from "./api.js";
import { after } from "./seconds.js";

const PAGE = 50;
const MOST = 300;
const SLACK = 20;
const AHEAD = "800px 0px";

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

  /** Puts the newest rows on the page, and only a page of them. */
  toNewest() {
    const { timeline } = this;
    if (!timeline.atNewest) timeline.show(Math.max(0, timeline.rows.length - 2 * PAGE), timeline.rows.length);
    this.#trim({ top: true });
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

  async #up() {
    if (this.#asking || this.complete) return;
    this.#asking = true;
    try {
      if (this.timeline.from === 0) await this.#fetch();
      const { from, to } = this.timeline;
      this.#show(Math.max(0, from - PAGE), to);
      this.scroller.keep(() => this.#trim({ top: false }));
      this.#again(this.top);
    } catch {
      after(2, () => this.#again(this.top)); // the connection's own pill says that something is wrong
    } finally {
      this.#asking = false;
    }
  }

  /** What was asked for before the rows were replaced by a newer page doesn't join them: it would leave a hole. */
  async #fetch() {
    const before = this.#oldest;
    const { rows, more } = await older(this.room, before);
    if (this.#oldest !== before) return;
    this.timeline.prepend(rows);
    this.more = more;
  }

  get #oldest() {
    return this.timeline.rows[0]?.seq ?? Number.MAX_SAFE_INTEGER;
  }

  #down() {
    const { timeline } = this;
    if (timeline.atNewest) return;
    this.#show(timeline.from, Math.min(timeline.rows.length, timeline.to + PAGE));
    this.scroller.keep(() => this.#trim({ top: true }));
    this.#again(this.bottom);
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
