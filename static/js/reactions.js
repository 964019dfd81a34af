// What people think of a message: one emoji a person, in a row under the bubble. Each is a button that gives one's own
// or takes it back. What one has just chosen is shown before the server says so, and taken back if it refuses.
import { after } from "./seconds.js";
import { clone, find, findAll } from "./page.js";

const SETTLED = 2; // seconds after the answer in which the row itself comes

export class Reactions {
  #wishes = new Map(); // seq -> the emoji this person wants there, or null for none

  /** `ask(frame)` resolves to the answer; `redraw(seq)` shows the row anew; `refused(sentence)` says why not. */
  constructor({ me, room, ask, redraw, refused }) {
    Object.assign(this, { me, room, ask, redraw, refused });
  }

  /** The row's reactions as they will be once the server has heard of this person's wish. */
  of({ seq, reactions = [], removed, hidden }) {
    if (removed || hidden) return [];
    const wish = this.#wishes.get(seq);
    if (wish === undefined) return reactions;
    if (this.#mine(reactions) === wish) this.#wishes.delete(seq);
    return wished(reactions, this.me, wish);
  }

  /** Gives the emoji, or takes it back where it is given already. */
  async toggle(row, emoji) {
    const given = this.#mine(this.of(row)) === emoji;
    const wish = given ? null : emoji;
    this.#wish(row.seq, wish);
    const answer = await this.ask({ type: "reaction.set", room: this.room, seq: row.seq, emoji, on: !given });
    const settle = () => this.#wishes.get(row.seq) === wish && this.#wish(row.seq, undefined);
    if (answer.type === "ack") return after(SETTLED, settle);
    settle();
    this.refused(answer.message);
  }

  #wish(seq, wish) {
    if (wish === undefined) this.#wishes.delete(seq);
    else this.#wishes.set(seq, wish);
    this.redraw(seq);
  }

  #mine(reactions) {
    return reactions.find(([, people]) => people.includes(this.me))?.[0] ?? null;
  }
}

/** Reactions with one person's replaced by `wish`. */
export function wished(reactions, me, wish) {
  const others = reactions.map(([emoji, people]) => [emoji, people.filter((id) => id !== me)]);
  const known = others.find(([emoji]) => emoji === wish);
  if (known) known[1].push(me);
  else if (wish) others.push([wish, [me]]);
  return others.filter(([, people]) => people.length > 0);
}

/** Draws the row of reactions; buttons that stay keep the focus. */
export function drawReactions(article, reactions, view) {
  const known = find("reactions", article);
  if (reactions.length === 0) return leave(article, known);
  const row = known ?? clone("reactions");
  const buttons = new Map(findAll("react", row).map((button) => [button.dataset.react, button]));
  for (const [emoji, people] of reactions) {
    const button = buttons.get(emoji) ?? row.appendChild(clone("reaction"));
    buttons.delete(emoji);
    draw(button, emoji, people, view);
  }
  const lost = [...buttons.values()].some((button) => button === document.activeElement);
  for (const button of buttons.values()) button.remove();
  if (lost) article.focus({ preventScroll: true });
  if (!known) find("bubble", article).after(row);
}

/** The focus of a button that goes stays on its message. */
function leave(article, row) {
  const lost = row?.contains(document.activeElement);
  row?.remove();
  if (lost) article.focus({ preventScroll: true });
}

function draw(button, emoji, people, view) {
  const names = list(people.map((id) => (id === view.me ? "you" : view.name(id))).sort((a, b) => (b === "you") - (a === "you")));
  button.dataset.react = emoji;
  button.setAttribute("aria-pressed", String(people.includes(view.me)));
  button.setAttribute("aria-label", `${emoji}, ${people.length}, ${names}`);
  button.title = names[0].toUpperCase() + names.slice(1);
  find("emoji", button).textContent = emoji;
  find("count", button).textContent = people.length;
}

/** "you, Noor and Wen"; of many, the first few and how many more. */
function list(names) {
  if (names.length > 6) return `${names.slice(0, 5).join(", ")} and ${names.length - 5} others`;
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
