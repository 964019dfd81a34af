// "Seen by 5": under the newest own message of a group, with names when one asks. Nobody's pointer is sent around in
// groups, so this asks; rarely, and only while somebody looks.
import * as known from "./people_known.js";
import { read } from "./api.js";
import { drawAvatar } from "./avatar.js";
import { clone, find, plural, roomUrl, watched } from "./page.js";
import { Popup } from "./popup.js";
import { after, every } from "./seconds.js";

const SOON = 2; // after a message has its place
const OFTEN = 15;

export class Readers {
  #row = clone("readers-row");
  #list = find("readers-list");
  #popup = new Popup(this.#list);
  #seq = 0; // of the message under which the line belongs
  #people = [];

  /** `keep(work)` changes the page without moving what is read. */
  constructor({ room, timeline, keep }) {
    Object.assign(this, { room, timeline, keep });
    find("readers-button", this.#row).addEventListener("click", ({ currentTarget }) => this.#open(currentTarget));
    every(OFTEN, () => watched() && this.#seq && this.#ask());
  }

  /** The line goes under the newest own message, if that is on the page. */
  place() {
    const { timeline } = this;
    const row = timeline.shown.findLast(({ sender, event, removed }) => sender === timeline.view.me && !event && !removed);
    const article = row && timeline.article(row.seq);
    if (!article) return this.#row.remove();
    if (row.seq !== this.#seq) this.#begin(row.seq);
    if (article.nextElementSibling !== this.#row) article.after(this.#row);
  }

  /** Nobody's pointers come by themselves. */
  upto() {}

  #begin(seq) {
    this.#seq = seq;
    this.#row.hidden = true;
    after(SOON, () => seq === this.#seq && this.#ask());
  }

  async #ask() {
    const seq = this.#seq;
    try {
      const { count, people } = await read(roomUrl(this.room, `messages/${seq}/seen/`));
      if (seq !== this.#seq) return;
      known.put(people);
      this.#people = people;
      this.keep(() => this.#draw(count));
    } catch {
      // Offline: what was seen before stays.
    }
  }

  #draw(count) {
    this.#row.hidden = count === 0;
    find("readers-words", this.#row).textContent = `Seen by ${count}`;
    find("readers-title", this.#list).textContent = `Seen by ${plural(count, "person").replace("persons", "people")}`;
    find("readers-people", this.#list).replaceChildren(...this.#people.map(line));
  }

  async #open(button) {
    await this.#ask();
    this.#popup.open(button, () => button);
    this.#list.focus();
  }
}

function line(person) {
  const item = clone("reader");
  drawAvatar(find("reader-face", item).firstElementChild, person, false);
  find("reader-name", item).textContent = person.name;
  return item;
}
