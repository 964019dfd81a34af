// What has really been read: half of a message in view for half a second, in a tab that is visible and has the focus.
// Reported once a second, and only forwards.
import { channel, watched } from "./page.js";
import { READ_AFTER, REPORT_EVERY, every } from "./seconds.js";

export class Reading {
  #since = new Map(); // article -> when it came into view
  #reported;

  /** `report(seq)` says whether it could be sent. `read` is the newest place already reported. */
  constructor({ room, root, read, report }) {
    Object.assign(this, { room, read, report });
    this.#reported = read;
    this.watcher = new IntersectionObserver((seen) => this.#seen(seen), { root, threshold: [0, 0.25, 0.5, 0.75, 1] });
    for (const event of ["focus", "blur"]) addEventListener(event, () => this.#restart());
    document.addEventListener("visibilitychange", () => this.#restart());
    every(READ_AFTER / 2, () => this.#look());
    every(REPORT_EVERY, () => this.#send());
  }

  watch(article) {
    this.watcher.observe(article);
  }

  unwatch(article) {
    this.watcher.unobserve(article);
    this.#since.delete(article);
  }

  /** Another tab or device got this far. */
  advance(seq) {
    this.read = Math.max(this.read, seq);
    this.#reported = Math.max(this.#reported, seq);
  }

  /** A lost report is made again over the next connection. */
  again(known) {
    this.#reported = Math.min(this.#reported, known);
  }

  #seen(seen) {
    for (const { target, intersectionRatio, intersectionRect, rootBounds } of seen) {
      const enough = intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height ?? Infinity) / 2;
      if (!enough) this.#since.delete(target);
      else if (!this.#since.has(target)) this.#since.set(target, Date.now());
    }
  }

  /** Half a second counts from when somebody began to look. */
  #restart() {
    for (const article of this.#since.keys()) this.#since.set(article, Date.now());
  }

  #look() {
    if (!watched()) return;
    for (const [article, since] of this.#since) {
      if (Date.now() - since >= READ_AFTER * 1000) this.read = Math.max(this.read, Number(article.dataset.seq));
    }
  }

  #send() {
    if (this.read <= this.#reported || !this.report(this.read)) return;
    this.#reported = this.read;
    channel?.postMessage({ type: "read", room: this.room, seq: this.read });
  }
}
