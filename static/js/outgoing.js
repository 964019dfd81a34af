// What one sends in the open room, and the bubbles of what is still on its way.
import * as announce from "./announce.js";
import { command, outbox } from "./wire.js";
import { find } from "./page.js";

export class Outgoing {
  /** `parts`: the room's parts by name (room.js). */
  constructor({ room, parts }) {
    Object.assign(this, { room, parts });
    find("log").addEventListener("click", (event) => this.#click(event));
  }

  /** Shows what an earlier page left behind, and whatever becomes of it. */
  start() {
    outbox.entries(this.room).forEach((entry) => this.#queued(entry));
    outbox.on("changed", (entry) => this.#queued(entry));
    outbox.on("gone", (news) => this.#left(news));
  }

  /** Queues a message. Resolves to whether it is safely stored. */
  send(message) {
    const stored = outbox.add(this.room, message);
    this.parts.unread.clear();
    this.parts.scroller.toEnd();
    return stored;
  }

  /** Says something else in place of an own message. Resolves to why not, or "". */
  async edit({ seq }, body) {
    const answer = await command({ type: "message.edit", room: this.room, seq, body });
    return answer.type === "ack" ? "" : answer.message;
  }

  #queued(entry) {
    const { pending, incoming, scroller } = this.parts;
    if (entry.room !== this.room) return;
    if (incoming.placed(entry.client_id)) return outbox.acked(entry);
    const refusedNow = entry.state === "failed" && pending.has(entry.client_id);
    scroller.keep(() => {
      pending.show(entry);
      incoming.tidy();
    });
    if (refusedNow) announce.failed(entry.reason);
  }

  #left({ entry, acked }) {
    const { pending, composer, scroller } = this.parts;
    if (entry.room !== this.room) return;
    composer.forget(entry.body);
    if (acked) pending.settled(entry.client_id);
    else scroller.keep(() => pending.remove(entry.client_id));
  }

  #click({ target }) {
    const id = target.closest("[data-client-id]")?.dataset.clientId;
    if (target.closest("[data-retry]")) outbox.retry(id);
    if (target.closest("[data-discard]")) outbox.discard(id), this.parts.composer.focus();
  }
}
