// What one can do with a message: which of it, and how it is done. The menu, the toolbar and the keys all end here.
import { quoteOf } from "./quote.js";
import { words } from "./messages.js";
import { roomUrl } from "./page.js";

const KEEPERS = new Set(["owner", "moderator"]);

export class Deeds {
  /** `room`, `me`, `membership()`: who acts where. `editMinutes`: how long a message can be edited; -1: always. The rest
   * are what deeds are done with: `composer`, `ask(frame)`, `say(sentence)`, `dialogs`, `picker`, `starred`: a Set of
   * places, `hide(seq)`, `changed(row)`. */
  constructor(tools) {
    Object.assign(this, tools);
  }

  /** Whether this deed can be done with this row: what the server would refuse anyway isn't offered. */
  can(name, row) {
    if (!row || row.event || !row.seq) return false;
    const { kind, role = "member", posting = "free" } = this.membership();
    const mine = row.sender === this.me;
    const keeps = KEEPERS.has(role);
    const whole = !row.removed && !row.hidden;
    const writes = ["free", "asking"].includes(posting);
    const able = {
      react: whole && writes,
      reply: whole && writes,
      edit: whole && mine && writes && this.#recent(row) && !row.forwarded,
      copy: whole && Boolean(row.body),
      select: whole && Boolean(row.body),
      link: !row.hidden,
      forward: whole,
      pin: whole && (kind === "direct" || keeps),
      star: whole,
      unread: !mine,
      edits: whole && Boolean(row.edited),
      remove: true,
      everyone: !row.removed && (mine || (keeps && kind !== "direct")),
    };
    return able[name] ?? false;
  }

  /** Does it. `anchor`: what a picker opens beside; `back()`: where the focus goes afterwards. */
  do(name, row, { anchor, back } = {}) {
    if (!this.can(name, row)) return;
    if (name === "react") return this.picker.open(anchor, back, (emoji) => this.reactions.toggle(row, emoji));
    return this[name](row, back);
  }

  reply(row) {
    this.composer.replyTo(quoteOf(row));
  }

  edit(row) {
    this.composer.beginEdit(row);
  }

  async copy(row) {
    this.say((await copied(row.body)) ? "Copied." : "Your browser didn’t let us copy.");
  }

  async link(row) {
    const address = new URL(`${roomUrl(this.room)}?at=${row.seq}`, location.href).href;
    this.say((await copied(address)) ? "Link copied. It works for members of this room." : address);
  }

  /** For fingers, which a long press takes to the menu. */
  select(row) {
    const text = document.querySelector(`[data-log] [data-seq="${row.seq}"] [data-text]`);
    text.classList.add("selectable");
    getSelection().selectAllChildren(text);
  }

  async pin(row) {
    const on = !row.pinned;
    if (await this.#done({ type: "message.pin", seq: row.seq, on })) this.say(on ? "Pinned for everybody here." : "No longer pinned.");
  }

  async star(row) {
    const on = !this.starred.has(row.seq);
    if (!(await this.#done({ type: "message.star", seq: row.seq, on }))) return;
    if (on) this.starred.add(row.seq);
    else this.starred.delete(row.seq);
    this.say(on ? "Starred. Only you can see that." : "No longer starred.");
  }

  async unread(row) {
    if (await this.#done({ type: "room.unread", seq: row.seq })) this.unreadFrom(row.seq);
  }

  edits(row, back) {
    return this.dialogs.edits(row, back);
  }

  forward(row, back) {
    return this.dialogs.forward(row, back);
  }

  async remove(row, back) {
    const everyone = this.can("everyone", row);
    const choice = await this.dialogs.removal({ words: words(row), everyone, mine: row.sender === this.me });
    back?.()?.focus({ preventScroll: true });
    if (choice === "everyone") await this.#done({ type: "message.remove", seq: row.seq });
    if (choice === "me" && (await this.#done({ type: "message.hide", seq: row.seq }))) this.hide(row.seq);
  }

  async #done(frame) {
    const answer = await this.ask({ ...frame, room: this.room });
    if (answer.type === "nack") this.say(answer.message);
    return answer.type === "ack";
  }

  #recent(row) {
    return this.editMinutes < 0 || Date.now() - row.at < this.editMinutes * 60_000;
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
