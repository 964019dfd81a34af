// "Noor is typing", "Noor and Wen are typing": said at most every three seconds, shown for six.
import * as known from "./people_known.js";
import { find, me } from "./page.js";
import { TYPING_EVERY, TYPING_SHOWN, after } from "./seconds.js";
import { socket } from "./wire.js";

export class Typing {
  #said = 0;
  #writing = new Map(); // person -> timer, in the order they began

  /** `row`: the line that shows it. `keep(work)` changes the page without moving what is read. */
  constructor({ room, row, keep }) {
    Object.assign(this, { room, row, keep });
    socket.on("typing.started", (heard) => heard.room === room && heard.user !== me && this.#show(heard.user));
    known.on("changed", () => this.#writing.size && this.#draw());
  }

  /** This person is writing. */
  write() {
    if (Date.now() - this.#said < TYPING_EVERY * 1000) return;
    if (socket.send({ type: "typing.start", room: this.room })) this.#said = Date.now();
  }

  /** Their message came, so they aren't writing it any more. */
  hide(user) {
    if (!this.#writing.has(user)) return;
    clearTimeout(this.#writing.get(user));
    this.#writing.delete(user);
    this.#draw();
  }

  #show(user) {
    clearTimeout(this.#writing.get(user));
    this.#writing.set(user, after(TYPING_SHOWN, () => this.hide(user)));
    this.#draw();
  }

  #draw() {
    const names = [...this.#writing.keys()].map((id) => first(known.name(id)));
    this.keep(() => {
      this.row.hidden = names.length === 0;
      if (names.length) find("typing-words", this.row).textContent = words(names);
    });
  }
}

/** Who is typing, in words: two by name, more without. */
export function words(names) {
  if (names.length > 2) return "Several people are typing";
  return names.length === 2 ? `${names[0]} and ${names[1]} are typing` : `${names[0]} is typing`;
}

const first = (name) => name.split(/\s/)[0];
