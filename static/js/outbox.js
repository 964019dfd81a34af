// Messages on their way: kept on the device, sent one at a time per room in the order they were written.
//
// An entry is {client_id, user, room, body, reply_to?, reply?, attachments?, at, state: "waiting" | "failed", code?,
// reason?}: `reply` is what it quotes, as this page knew it, and `attachments` are rows' files, with ids. Only a final refusal
// makes it failed; no answer means waiting, for as long as it takes. Sending an entry twice is harmless, because the
// server knows its client_id: that is what makes it safe for tabs to hand the queue over at any moment.
import { switchboard } from "./signals.js";
import { uuid } from "./uuid.js";
import { ACK_WAIT, ORPHAN, after } from "./seconds.js";
import { turn } from "./turn.js";

export class Outbox {
  #entries = new Map();
  #flying = new Map(); // room -> {id, timer}: the one post that waits for its answer
  #paused = new Map(); // room -> timer: refused for now
  #stored = new Set(); // ids that were safely on the device when we last looked
  #holding = false; // whether this tab is the one that sends
  #turn = null;

  /** `post(entry)` says whether it could be handed over; `store`, `channel` and `locks` are the browser's, or null. */
  constructor({ user, tab, store, channel, locks, post }) {
    Object.assign(this, { user, tab, store, channel, locks, post }, switchboard());
    channel?.addEventListener("message", ({ data }) => this.#heard(data));
  }

  /** Reads what an earlier page left behind, then waits for its turn to send. */
  async start() {
    this.loaded = this.#load();
    await this.loaded;
    const name = `mychat-outbox-${this.user}`;
    this.#turn = turn({ name, locks: this.locks, begin: () => this.#hold(), end: () => this.#release() });
  }

  /** Everything not yet acknowledged, oldest first; of one room if given. */
  entries(room) {
    return [...this.#entries.values()].filter((entry) => !room || entry.room === room).sort((a, b) => a.at - b.at);
  }

  entry(id) {
    return this.#entries.get(id);
  }

  /** What still goes out by itself. */
  waiting(room) {
    return this.entries(room).filter((entry) => entry.state === "waiting");
  }

  /** Queues a message {body, reply_to?, reply?, attachments?}. The tab somebody writes in takes the sending over.
   * Resolves to whether it is safely stored. */
  add(room, message) {
    this.#turn?.take();
    const { user, tab } = this;
    return this.#change({ ...message, client_id: uuid(), user, tab, room, at: this.#behind(), state: "waiting" });
  }

  /** The server has it. Returns the entry, or undefined when it was completed before. */
  acked({ client_id, room }) {
    const entry = this.#entries.get(client_id);
    if (entry) this.#gone(entry, { acked: true });
    this.#landed(entry?.room ?? room, client_id);
    return entry;
  }

  /** The server refused it: for now (`retry_after`, the room's queue waits) or for good (the rest goes on). */
  refused({ client_id, code, message, retry_after }) {
    const entry = this.#entries.get(client_id);
    if (!entry || code === "signed_out") return;
    if (retry_after === undefined) this.#change({ ...entry, state: "failed", code, reason: message });
    else this.#pause(entry.room, retry_after);
    this.#landed(entry.room, client_id);
  }

  /** Sends a failed message again, behind everything that waits. */
  retry(id) {
    const { code, reason, ...entry } = this.#entries.get(id);
    if (code === "id_reused") {
      this.discard(id);
      entry.client_id = uuid();
    }
    this.#turn?.take();
    this.#change({ ...entry, tab: this.tab, state: "waiting", at: this.#behind() });
  }

  /** Says more exactly what an entry is: its files have been uploaded. */
  amend(id, changes) {
    const entry = this.#entries.get(id);
    if (entry) this.#change({ ...entry, ...changes });
  }

  discard(id) {
    const entry = this.#entries.get(id);
    if (entry) this.#gone(entry, { acked: false });
  }

  /** The connection is gone: nothing sent on it will be answered. */
  dropped() {
    for (const [room, { timer }] of this.#flying) clearTimeout(timer), this.#flying.delete(room);
  }

  /** Sends whatever may go now. */
  drain() {
    if (!this.#holding) return;
    for (const room of new Set(this.waiting().map((entry) => entry.room))) this.#next(room);
  }

  /** A moment after everything queued, whatever the clock did. */
  #behind() {
    return Math.max(Date.now(), (this.entries().at(-1)?.at ?? 0) + 1);
  }

  #next(room) {
    if (!this.#holding || this.#flying.has(room) || this.#paused.has(room)) return;
    const head = this.waiting(room).find((entry) => this.#ours(entry));
    if (!head || !this.post(head)) return;
    const timer = after(ACK_WAIT, () => this.#landed(room, head.client_id));
    this.#flying.set(room, { id: head.client_id, timer });
  }

  /** Without locks every tab sends what it wrote itself, and what nobody sent for a minute. */
  #ours(entry) {
    return this.locks || entry.tab === this.tab || Date.now() - entry.at > ORPHAN * 1000;
  }

  #landed(room, id) {
    const flight = this.#flying.get(room);
    if (flight?.id !== id) return;
    clearTimeout(flight.timer);
    this.#flying.delete(room);
    this.#next(room);
  }

  #pause(room, seconds) {
    clearTimeout(this.#paused.get(room));
    this.#paused.set(room, after(seconds, () => (this.#paused.delete(room), this.#next(room))));
  }

  async #change(entry) {
    this.#entries.set(entry.client_id, entry);
    this.emit("changed", entry);
    this.drain();
    const stored = await this.store.keep(entry);
    // It may have been acknowledged while it was being written down.
    if (!this.#entries.has(entry.client_id)) await this.store.forget(entry.client_id);
    else this.channel?.postMessage({ type: "outbox.changed", entry });
    if (stored) this.#stored.add(entry.client_id);
    return stored;
  }

  #gone(entry, { acked, quietly = false }) {
    this.#entries.delete(entry.client_id);
    this.#stored.delete(entry.client_id);
    this.emit("gone", { entry, acked });
    if (quietly) return;
    this.store.forget(entry.client_id);
    this.channel?.postMessage({ type: "outbox.gone", id: entry.client_id, acked });
  }

  #heard({ type, entry, id, acked }) {
    if (type === "outbox.gone" && this.#entries.has(id)) this.#gone(this.#entries.get(id), { acked, quietly: true });
    if (type !== "outbox.changed") return;
    this.#entries.set(entry.client_id, entry);
    this.emit("changed", entry);
    this.drain();
  }

  /** Takes over what other tabs wrote down, and lets go of what they completed while this one slept. */
  async #load() {
    const stored = await this.store.all(this.user);
    if (!stored) return;
    const ids = new Set(stored.map((entry) => entry.client_id));
    const lost = [...this.#stored].filter((id) => !ids.has(id) && this.#entries.has(id));
    for (const id of lost) this.#gone(this.#entries.get(id), { acked: false, quietly: true });
    this.#stored = ids;
    for (const entry of stored.filter(({ client_id }) => !this.#entries.has(client_id))) {
      this.#entries.set(entry.client_id, entry);
      this.emit("changed", entry);
    }
  }

  async #hold() {
    this.#holding = true;
    await this.#load();
    this.drain();
  }

  #release() {
    this.#holding = false;
    this.dropped();
  }
}
