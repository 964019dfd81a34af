// Where one writes: a message, an answer to one, or an edit. Text is never lost: it is a draft until the outbox has it
// safely, then a bubble until the server has it.
import { drawBar } from "./bar.js";
import { Draft } from "./draft.js";
import { find } from "./page.js";
import { quoteOf } from "./quote.js";
import { after } from "./seconds.js";
import { refusal, tidy } from "./text.js";
import { format, grow, insert } from "./textbox.js";

const touch = matchMedia("(pointer: coarse)");
const linesOnEnter = () => touch.matches || document.documentElement.dataset.enter === "line";

export class Composer {
  #saving = null;
  #sending = null; // on its way to the outbox: its draft isn't to be overwritten by the empty box
  #parts = []; // what else may go with a message
  editing = null; // the row being edited
  reply = null; // the quote of the message being answered

  /** `send(message)` resolves to whether it is safely kept; `edit(row, body)` to why it was refused, or "". `last()`:
   * the newest own row that can be edited. `called(quote)`: who is quoted. `typing()` is told of every change. */
  constructor({ form, room, send, edit, last, called, typing }) {
    Object.assign(this, { form, send, edit, last, called, typing, box: form.elements.body });
    this.draft = new Draft(room, (...told) => this.#elsewhere(...told));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("input", () => this.#input());
    find("bar-cancel", form).addEventListener("click", () => this.cancel());
    this.box.addEventListener("blur", () => this.#share());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#share());
    addEventListener("pagehide", () => this.#share({ leaving: true }));
    this.box.value ||= this.draft.text; // somebody may have begun before this script came
    this.reply = this.draft.reply;
    this.#drawBar();
    if (!touch.matches) this.focus();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  /** Something that may go with a message: `part.ready()` is why it can't be sent yet, or ""; `part.any()` whether there
   * is something; `part.take()` hands over what joins the message, as {name: value}, and begins anew. */
  join(part) {
    this.#parts.push(part);
  }

  /** Puts text where the caret is. */
  insert(text) {
    insert(this.box, text);
  }

  /** The next message answers the quoted one. */
  replyTo(quote) {
    this.cancel();
    this.reply = quote;
    this.#drawBar();
    this.#save();
    this.focus();
  }

  /** What is in the box from now on is the new text of an own message. */
  beginEdit(row, text = row.body) {
    if (!this.editing) this.#save();
    [this.editing, this.reply] = [row, null];
    this.#fill(text);
    this.#drawBar();
    this.focus();
    this.box.setSelectionRange(text.length, text.length);
  }

  /** Goes on with an edit that a reload interrupted, or an answer that another device began, if `row(seq)` is here. */
  resume(row) {
    const { edit, answers } = this.draft;
    if (!this.reply && row(answers)) this.reply = quoteOf(row(answers));
    this.#drawBar();
    const known = edit && row(edit.seq);
    if (known) this.beginEdit(known, edit.text);
  }

  /** Gives up the edit or the answer; what was being written before comes back. Whether there was one. */
  cancel() {
    if (!this.editing && !this.reply) return false;
    if (this.editing) this.#endEdit();
    else this.reply = null;
    this.#drawBar();
    this.#save();
    return true;
  }

  async submit() {
    const body = tidy(this.box.value);
    const reason = this.#reason(body);
    const nothing = !body && !this.#more();
    this.#refuse(nothing ? "" : reason);
    if (nothing || reason) return;
    if (this.editing) return this.#submitEdit(body);
    clearTimeout(this.#saving);
    const message = this.#message(body);
    this.reply = null;
    this.#fill("");
    find("saved").hidden = true;
    this.#drawBar();
    this.focus(); // keeps a phone's keyboard open
    this.draft.keep(body, message.reply ?? null, { quietly: true });
    this.#sending = body;
    if (await this.send(message)) this.forget(body);
  }

  /** The text is safe elsewhere. A newer draft stays. */
  forget(body) {
    this.draft.forget(body);
  }

  #message(body) {
    const quoted = this.reply && { reply_to: this.reply.seq, reply: this.reply };
    return Object.assign({ body }, quoted, ...this.#parts.map((part) => part.take()));
  }

  /** The text stays in the box until the server has it. */
  async #submitEdit(body) {
    const row = this.editing;
    this.form.setAttribute("aria-busy", "true");
    const reason = body === row.body ? "" : await this.edit(row, body);
    this.form.removeAttribute("aria-busy");
    if (this.editing !== row) return;
    if (reason) return this.#refuse(reason);
    this.cancel();
  }

  #endEdit() {
    this.editing = null;
    this.draft.keepEdit(null);
    this.reply = this.draft.reply;
    this.#fill(this.draft.text);
    this.#refuse("");
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return; // 229: Safari ends composing first
    if (event.key === "Enter") return this.#enter(event);
    if (format(this.box, event)) return event.preventDefault();
    if (event.key !== "ArrowUp" || this.box.value || this.editing || event.shiftKey || event.altKey) return;
    const row = this.last();
    if (row) event.preventDefault(), this.beginEdit(row);
  }

  #enter(event) {
    const sends = event.ctrlKey || event.metaKey || !(event.shiftKey || event.altKey || linesOnEnter());
    if (!sends) return;
    event.preventDefault();
    if (!event.repeat) this.submit();
  }

  #input() {
    const text = this.box.value;
    grow(this.box);
    if (text.trim() && !this.editing) this.typing();
    this.#refuse(text.trim() ? this.#reason(tidy(text)) : "");
    clearTimeout(this.#saving);
    this.#saving = after(0.3, () => this.#save());
  }

  #save() {
    const text = this.box.value;
    if (this.editing) return this.draft.keepEdit({ seq: this.editing.seq, text });
    const { text: kept, reply } = this.draft;
    if ((text === kept && this.reply?.seq === reply?.seq) || (!text.trim() && !this.reply && kept === this.#sending)) return;
    this.draft.keep(text, this.reply);
    find("saved").hidden = !text.trim();
  }

  #share(how) {
    this.#save();
    this.draft.share(how);
  }

  /** The same draft in another tab or on another device, which knows what was here `before`; never under somebody's
   * fingers. */
  #elsewhere(text, before) {
    const idle = before === undefined ? !document.hasFocus() : this.box.value.trim() === before.trim();
    if (idle && !this.editing) this.#fill(text);
  }

  #fill(text) {
    this.box.value = text;
    grow(this.box);
  }

  #more() {
    return this.#parts.some((part) => part.any());
  }

  #reason(body) {
    const waits = this.editing ? "" : this.#parts.map((part) => part.ready()).find(Boolean);
    return body || !this.#more() ? refusal(body) || waits : waits;
  }

  #refuse(reason) {
    const line = find("refusal", this.form);
    line.hidden = !reason;
    line.textContent = reason;
    this.box.setAttribute("aria-invalid", String(Boolean(reason)));
  }

  #drawBar() {
    this.form.classList.toggle("is-editing", Boolean(this.editing));
    drawBar(find("bar", this.form), { editing: this.editing, reply: this.reply, called: this.called });
  }
}
