// Commands that one service answers: sent over the socket, or over HTTP where sockets don't get through. Every one of
// them says how things are to be (`reaction.set ... on`, never a toggle), so that asking twice does no harm.
import { ACK_WAIT, after } from "./seconds.js";
import { uuid } from "./uuid.js";

const TRIES = 2;
const UNHEARD = { type: "nack", code: "unavailable", message: "That didn’t reach the server. Please try again." };

export class Commands {
  #asked = new Map(); // client_id -> {frame, resolve, left, out, timer}

  /** `send(frame)` says whether it went out; `post(frame)` does the same over HTTP, or is null while sockets work. */
  constructor({ send, post }) {
    Object.assign(this, { send, post });
  }

  /** Resolves to the answer: an `ack`, or a `nack` with a sentence for the person. Never fails. */
  command(frame) {
    const client_id = uuid();
    return new Promise((resolve) => {
      this.#asked.set(client_id, { frame: { ...frame, client_id }, resolve, left: TRIES });
      this.#try(client_id);
    });
  }

  /** Whether this frame answers a command of ours. */
  answered(frame) {
    const asked = this.#asked.get(frame.client_id);
    if (!asked) return false;
    clearTimeout(asked.timer);
    this.#asked.delete(frame.client_id);
    asked.resolve(frame);
    return true;
  }

  /** A new connection: what went out on the old one may not have arrived. */
  again() {
    for (const id of [...this.#asked.keys()]) this.#try(id);
  }

  #try(client_id) {
    const asked = this.#asked.get(client_id);
    if (!asked) return;
    clearTimeout(asked.timer);
    if (asked.left === 0) return this.answered({ ...UNHEARD, client_id });
    asked.out = this.#deliver(asked.frame);
    if (asked.out) asked.left -= 1;
    asked.timer = after(ACK_WAIT, () => this.#late(client_id));
  }

  #deliver(frame) {
    if (this.send(frame)) return true;
    const post = this.post();
    post?.(frame).then((answer) => this.answered({ ...answer, client_id: frame.client_id }), () => {});
    return Boolean(post);
  }

  /** No answer: once more. No connection for so long: the person shouldn't wait any longer. */
  #late(client_id) {
    const asked = this.#asked.get(client_id);
    if (!asked.out) asked.left = 0;
    this.#try(client_id);
  }
}
