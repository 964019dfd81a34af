// Keeps the open room in step with the server: feeds what arrives to the stream, asks for what is missing.
import * as api from "./api.js";
import * as stream from "./stream.js";
import { SYNC_WAIT, after } from "./seconds.js";
import { answered, socket } from "./wire.js";

export class Follower {
  #state;

  /** `upto`: the last change on the page. `show(rows, {live})` shows rows in order, `drop(upto)` lets older ones go
   * first, `pointed(receipts)` hears how far the others got. */
  constructor({ room, upto, show, drop, pointed }) {
    Object.assign(this, { room, show, drop, pointed });
    this.#state = stream.begin(upto);
    const here = (hear) => (frame) => frame.room === room && hear(frame);
    socket.cursors = () => ({ [room]: this.#state.cursor });
    socket.on("change", here((change) => this.#changed(change)));
    socket.on("synced", here((frame) => this.#caughtUp(frame, stream.synced(this.#state, frame))));
    socket.on("reset", here((frame) => this.#caughtUp(frame, stream.reset(this.#state, frame))));
    socket.on("down", () => (this.#state = stream.forget(this.#state)));
    socket.on("poll", () => api.missed(room, this.#state.cursor).then(answered, () => {}));
    socket.reconcile(); // the socket may have greeted the server before this room was here
  }

  #changed({ rev, row, unknown }) {
    if (unknown) return rev > this.#state.cursor && this.#ask();
    this.#apply(stream.heard(this.#state, { rev, row }), { live: true });
  }

  #caughtUp(frame, answer) {
    if (answer.fresh) this.drop(frame.upto);
    if (frame.receipts) this.pointed(frame.receipts);
    this.#apply(answer, { live: false });
  }

  #apply({ state, rows, ask }, how) {
    this.#state = state;
    if (rows.length) this.show(rows, how);
    if (ask) this.#ask();
  }

  /** An answer that doesn't come is asked for again. */
  #ask() {
    const since = this.#state.cursor;
    this.#state = { ...this.#state, asked: true };
    socket.send({ type: "sync", room: this.room, since });
    after(SYNC_WAIT, () => {
      if (!this.#state.asked || this.#state.cursor !== since) return;
      this.#state = stream.forget(this.#state);
      socket.reconcile();
    });
  }
}
