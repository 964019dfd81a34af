// "Noor is typing": said at most every three seconds, shown for six.
import { me } from "./page.js";
import { TYPING_EVERY, TYPING_SHOWN, after } from "./seconds.js";
import { socket } from "./wire.js";

export class Typing {
  #said = 0;
  #timer = null;

  /** `row`: the line that shows it. `keep(work)` changes the page without moving what is read. */
  constructor({ room, row, keep }) {
    Object.assign(this, { room, row, keep });
    socket.on("typing.started", (heard) => heard.room === room && heard.user !== me && this.#show());
  }

  /** This person is writing. */
  write() {
    if (Date.now() - this.#said < TYPING_EVERY * 1000) return;
    if (socket.send({ type: "typing.start", room: this.room })) this.#said = Date.now();
  }

  /** The message came, so nobody is writing it any more. */
  hide() {
    clearTimeout(this.#timer);
    if (!this.row.hidden) this.keep(() => (this.row.hidden = true));
  }

  #show() {
    clearTimeout(this.#timer);
    this.#timer = after(TYPING_SHOWN, () => this.hide());
    if (this.row.hidden) this.keep(() => (this.row.hidden = false));
  }
}
