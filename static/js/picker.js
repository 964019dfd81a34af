// The emoji picker: a search, and a grid that arrows move in.
import { GROUPS, load, matching, recent, use } from "./emoji.js";
import { clone, find, findAll } from "./page.js";
import { Popup } from "./popup.js";

const ACROSS = 8;
const coarse = matchMedia("(pointer: coarse)");

export class Picker {
  #chosen = null;
  #all = [];

  constructor(element) {
    Object.assign(this, { element, popup: new Popup(element), search: find("emoji-search", element), grid: find("emoji-grid", element) });
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("click", (event) => this.#click(event));
    this.search.addEventListener("input", () => this.#draw());
  }

  get isOpen() {
    return this.popup.isOpen;
  }

  /** Opens beside `anchor` and calls `chosen(emoji)`; `back()`: where the focus goes afterwards. */
  async open(anchor, back, chosen) {
    this.#chosen = chosen;
    this.search.value = "";
    this.popup.open(anchor, back);
    if (!coarse.matches) this.search.focus({ preventScroll: true });
    try {
      this.#all = await load(this.element.dataset.url);
      this.#draw();
    } catch {
      this.#say("The emoji couldn’t be loaded. Please try again.");
    }
    if (coarse.matches && this.isOpen) this.#cells()[0]?.focus({ preventScroll: true });
  }

  #draw() {
    const wanted = this.search.value.trim();
    const found = wanted ? [["Found", matching(this.#all, wanted)]] : this.#groups();
    this.grid.replaceChildren(...found.filter(([, list]) => list.length).map(([name, list]) => section(name, list)));
    this.grid.scrollTop = 0;
    this.#say(this.grid.childElementCount ? "" : "No emoji of that name.");
    const first = this.#cells()[0];
    if (first) first.tabIndex = 0;
  }

  #groups() {
    const byEmoji = new Map(this.#all.map((one) => [one.emoji, one]));
    const groups = GROUPS.map((name, number) => [name, this.#all.filter(({ group }) => group === number)]);
    return [["Recent", recent().map((emoji) => byEmoji.get(emoji)).filter(Boolean)], ...groups];
  }

  #say(sentence) {
    const line = find("emoji-none", this.element);
    line.textContent = sentence;
    line.hidden = !sentence;
  }

  #click({ target }) {
    const cell = target.closest("[data-emoji-cell]");
    if (cell) this.#choose(cell);
    const group = target.closest("[data-emoji-group]")?.dataset.emojiGroup;
    const section = group && this.grid.querySelector(`[aria-label="${group}"]`);
    if (section) this.grid.scrollTop = section.offsetTop - this.grid.offsetTop;
  }

  #choose(cell) {
    const emoji = cell.textContent;
    use(emoji);
    this.popup.close();
    this.#chosen(emoji);
  }

  #key(event) {
    const cells = this.#cells();
    if (event.target === this.search) return this.#searchKey(event, cells);
    const at = cells.indexOf(event.target);
    if (at < 0) return;
    const to = this.#from(event.target, at, cells, event.key);
    if (to === undefined) return;
    event.preventDefault();
    this.#focus(to ?? this.search);
  }

  #searchKey(event, cells) {
    if (event.isComposing || !cells[0]) return;
    if (event.key === "ArrowDown") event.preventDefault(), this.#focus(cells[0]);
    if (event.key === "Enter") event.preventDefault(), this.#choose(cells[0]);
  }

  /** Where a key leads from a cell: another cell, null for the search above, undefined for nowhere. */
  #from(cell, at, cells, key) {
    const row = cell.parentElement;
    const rows = findAll("emoji-row", this.grid);
    const column = [...row.children].indexOf(cell);
    const down = (step) => rows[rows.indexOf(row) + step];
    const inRow = (other) => other?.children[Math.min(column, other.children.length - 1)];
    const forth = getComputedStyle(this.grid).direction === "rtl" ? -1 : 1;
    switch (key) {
      case "ArrowRight": return cells[at + forth] ?? cell;
      case "ArrowLeft": return cells[at - forth] ?? cell;
      case "ArrowDown": return inRow(down(1)) ?? cell;
      case "ArrowUp": return inRow(down(-1)) ?? null;
      case "Home": return row.firstElementChild;
      case "End": return row.lastElementChild;
      default: return undefined;
    }
  }

  #focus(element) {
    for (const cell of this.#cells()) if (cell.tabIndex === 0) cell.tabIndex = -1;
    if (element !== this.search) element.tabIndex = 0;
    element.focus();
  }

  #cells() {
    return findAll("emoji-cell", this.grid);
  }
}

function section(name, list) {
  const group = clone("emoji-section");
  group.setAttribute("aria-label", name);
  find("emoji-title", group).textContent = name;
  for (let from = 0; from < list.length; from += ACROSS) group.append(line(list.slice(from, from + ACROSS)));
  return group;
}

function line(list) {
  const row = clone("emoji-row");
  for (const { emoji, name } of list) {
    const cell = row.appendChild(clone("emoji-cell"));
    cell.textContent = emoji;
    cell.title = name;
    cell.setAttribute("aria-label", name);
  }
  return row;
}
