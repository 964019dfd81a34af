// Names while one writes "@no": a list above the box of who is meant. The box stays a text box; the list is what its
// arrows and Enter work on while it is open.
import * as known from "./people_known.js";
import { read } from "./api.js";
import { drawAvatar } from "./avatar.js";
import { clone, find, findAll, me, roomUrl } from "./page.js";
import { after } from "./seconds.js";
import { insert } from "./textbox.js";

const WORD = /(^|[^\p{L}\p{N}_@./:-])@([\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,31})?$/u;
const PAUSE = 0.12; // seconds without typing before the server is asked
const FEW = 10; // in a room of more, only those who keep order call everybody
const EVERYONE = { id: "everyone", name: "Everyone", username: "everyone", initials: "@", hue: 5, avatar: null };
const MOVES = { ArrowDown: 1, ArrowUp: -1 };

export class Mentions {
  #answers = new Map(); // what was typed -> people
  #timer = null;
  #typed = null; // after the "@", while the list is open or asked for
  #people = [];
  #at = 0;

  /** `membership()`: this person's own place in the group, as it is now. */
  constructor({ form, room, membership }) {
    Object.assign(this, { room, membership, box: form.elements.body, list: find("mentions", form), told: find("mentions-told", form) });
    this.box.setAttribute("aria-autocomplete", "list");
    this.box.setAttribute("aria-controls", this.list.id);
    this.box.addEventListener("input", () => this.#look());
    this.box.addEventListener("click", () => this.#look());
    this.box.addEventListener("blur", () => this.close());
    form.addEventListener("keydown", (event) => this.#key(event), { capture: true }); // before Enter sends
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
    this.list.addEventListener("click", ({ target }) => this.#choose(findAll("mention", this.list).indexOf(target.closest("[data-mention]"))));
  }

  close() {
    clearTimeout(this.#timer);
    this.#typed = null;
    this.list.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  /** Is a name being written where the caret is? */
  #look() {
    const { selectionStart: caret, selectionEnd, value } = this.box;
    const word = caret === selectionEnd && WORD.exec(value.slice(0, caret));
    if (!word) return this.close();
    this.#typed = word[2] ?? "";
    clearTimeout(this.#timer);
    if (this.#answers.has(this.#typed)) this.#show(this.#typed);
    else this.#timer = after(PAUSE, () => this.#ask(this.#typed));
  }

  async #ask(typed) {
    try {
      const { people } = await read(roomUrl(this.room, `members/?q=${encodeURIComponent(typed)}`));
      known.put(people);
      this.#answers.set(typed, people);
      if (this.#typed === typed) this.#show(typed);
    } catch {
      // Offline: one can still write the name out.
    }
  }

  #show(typed) {
    const everyone = "everyone".startsWith(typed.toLowerCase()) && this.#mayCall() ? [EVERYONE] : [];
    this.#people = [...this.#answers.get(typed).filter(({ id }) => id !== me), ...everyone];
    if (!this.#people.length) return this.close();
    this.list.replaceChildren(...this.#people.map(option));
    this.list.hidden = false;
    this.#mark(0);
    this.told.textContent = `${this.#people.length} suggested. Up and down to choose, Enter to take.`;
  }

  #mayCall() {
    const { role, member_count } = this.membership();
    return role !== "member" || member_count <= FEW;
  }

  #mark(at) {
    this.#at = (at + this.#people.length) % this.#people.length;
    findAll("mention", this.list).forEach((each, number) => each.setAttribute("aria-selected", String(number === this.#at)));
    const marked = findAll("mention", this.list)[this.#at];
    this.box.setAttribute("aria-activedescendant", marked.id);
    marked.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (this.list.hidden || event.target !== this.box || event.isComposing || event.keyCode === 229) return;
    if (event.key in MOVES) this.#mark(this.#at + MOVES[event.key]);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.#choose(this.#at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #choose(at) {
    const person = this.#people[at];
    if (!person || this.#typed === null) return;
    const caret = this.box.selectionStart;
    this.box.setSelectionRange(caret - this.#typed.length, caret);
    insert(this.box, `${person.username} `);
    this.close();
  }
}

function option(person, number) {
  const item = clone("mention-option");
  item.id = `mention-${number}`;
  drawAvatar(find("mention-face", item).firstElementChild, person, false);
  find("mention-name", item).textContent = person.name;
  find("mention-username", item).textContent = `@${person.username}`;
  return item;
}
