// The bubbles of what is still on its way, after everything that has arrived.
import { dayKey, dayName } from "./clock.js";
import { drawFiles } from "./files.js";
import { build, setGroup, setPatience, setReason, setState } from "./messages.js";
import { STILL_TRYING } from "./seconds.js";
import { find } from "./page.js";

export class Pending {
  #bubbles = new Map(); // client_id -> {entry, article}

  /** `section`: where they stand. `view`: who looks (messages.js). `drawn(article)` and `erased(article)` are told. */
  constructor({ section, view, drawn, erased }) {
    Object.assign(this, { section, view, drawn, erased });
  }

  has(id) {
    return this.#bubbles.has(id);
  }

  /** The first, as a row's neighbour. */
  first() {
    return this.#sorted()[0];
  }

  /** Shows an outbox entry as it is now. */
  show(entry) {
    const known = this.#bubbles.get(entry.client_id);
    const at = new Date(entry.at);
    const { me } = this.view;
    const article = known?.article ?? build({ ...entry, sender: me, at }, this.view);
    this.#bubbles.set(entry.client_id, { entry, article, at, day: dayKey(at), sender: me });
    if (known) drawFiles(article, entry); // one of them may have arrived
    if (known?.entry.at !== entry.at) this.#stand(article, entry);
    setState(article, entry.state);
    find("aside", article)?.remove();
    if (entry.state === "failed") setReason(article, entry.reason);
    article.dataset.clientId = entry.client_id;
    if (!known) this.drawn(article);
  }

  /** The server has it, but its place in the room isn't known here yet. */
  settled(id) {
    const bubble = this.#bubbles.get(id);
    if (bubble) setState(bubble.article, "sent");
  }

  /** Hands the bubble over to its place among the rows. */
  release(id) {
    const bubble = this.#bubbles.get(id);
    if (!bubble) return null;
    this.#bubbles.delete(id);
    delete bubble.article.dataset.clientId;
    return bubble.article;
  }

  remove(id) {
    const article = this.release(id);
    article?.remove();
    if (article) this.erased(article);
  }

  /** Says so under what has been waiting for long. */
  patience() {
    for (const { entry, article } of this.#bubbles.values()) {
      if (article.dataset.state === "waiting" && Date.now() - entry.at > STILL_TRYING * 1000) setPatience(article);
    }
  }

  /** The heading (if the newest row is of another day) and the corners, given the newest row. */
  arrange(newest, joined) {
    const bubbles = this.#sorted();
    this.section.hidden = bubbles.length === 0;
    const today = bubbles[0]?.day;
    this.section.firstElementChild.hidden = newest?.day === today;
    if (today) find("day-name", this.section).textContent = dayName(bubbles[0].at);
    bubbles.forEach((bubble, index) => {
      setGroup(bubble.article, !joined(bubbles[index - 1] ?? newest, bubble), !joined(bubble, bubbles[index + 1]));
    });
  }

  #sorted() {
    return [...this.#bubbles.values()].sort((a, b) => a.entry.at - b.entry.at);
  }

  #stand(article, entry) {
    const later = this.#sorted().find((bubble) => bubble.entry.at > entry.at);
    this.section.insertBefore(article, later?.article ?? null);
  }
}
