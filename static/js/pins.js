// The bar under the header: the message pinned last, and the way to the others.
import * as api from "./api.js";
import * as dialogs from "./dialogs.js";
import { find } from "./page.js";
import { words } from "./messages.js";

export class Pins {
  #rows; // newest pin first

  /** `rows`: what is pinned. `name(id)`: a sender's name. `go(seq)` shows a message. `keep(work)` changes the page without
   * moving what is read. */
  constructor({ bar, room, rows, name, go, keep }) {
    Object.assign(this, { bar, room, name, go, keep });
    this.#rows = rows;
    find("pin-latest", bar).addEventListener("click", (event) => (event.preventDefault(), go(this.#rows[0].seq)));
    find("pin-all", bar).addEventListener("click", () => this.#all());
    this.draw();
  }

  /** Rows as they come: what was pinned, changed or isn't pinned any more. */
  heard(rows) {
    for (const row of rows.filter(({ seq, pinned }) => pinned || this.#rows.some((known) => known.seq === seq))) this.#put(row);
    this.draw();
  }

  /** After a reset nobody knows: the server says. */
  async renew() {
    try {
      this.#rows = (await api.pins(this.room)).rows;
      this.draw();
    } catch {
      // The next reset, or the next page, says it.
    }
  }

  draw() {
    const [latest, ...others] = this.#rows;
    const shown = !this.bar.hidden;
    if (Boolean(latest) !== shown) this.keep(() => (this.bar.hidden = !latest));
    if (!latest) return;
    const link = find("pin-latest", this.bar);
    link.href = `?at=${latest.seq}`;
    find("pin-who", this.bar).textContent = this.name(latest.sender);
    find("pin-says", this.bar).textContent = words(latest);
    find("pin-count", this.bar).textContent = others.length ? `All ${others.length + 1}` : "Show";
  }

  #put(row) {
    this.#rows = this.#rows.filter(({ seq }) => seq !== row.seq);
    if (row.pinned) this.#rows.push(row);
    this.#rows.sort((a, b) => (a.pinned < b.pinned ? 1 : -1));
  }

  async #all() {
    const seq = await dialogs.pins(this.#rows, this.name);
    if (seq) this.go(seq);
  }
}
