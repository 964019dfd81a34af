// Where one writes. Text is never lost: it is a draft until the outbox has it safely, then a bubble until the server
// has it.
import { channel, find, me, notes } from "./page.js";
import { after } from "./seconds.js";

const MOST_CHARS = 4_000;
const MOST_BYTES = 16 * 1024;
const touch = matchMedia("(pointer: coarse)");

export class Composer {
  #saving = null;
  #sending = null; // on its way to the outbox: its draft isn't to be overwritten by the empty box

  /** `send(body)` resolves to whether it is safely kept. `typing()` is told of every change to some text. */
  constructor({ form, room, send, typing }) {
    Object.assign(this, { form, room, send, typing, box: form.elements.body, key: `draft:${me}:${room}` });
    form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("input", () => this.#input());
    channel?.addEventListener("message", ({ data }) => this.#elsewhere(data));
    addEventListener("pagehide", () => this.#save());
    this.box.value ||= notes.read(this.key); // somebody may have begun before this script came
    this.#grow();
    if (!touch.matches) this.focus();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  async submit() {
    const body = tidy(this.box.value);
    const reason = refusal(body);
    this.#refuse(body ? reason : "");
    if (reason) return;
    clearTimeout(this.#saving);
    this.box.value = "";
    find("saved").hidden = true;
    this.#grow();
    this.focus(); // keeps a phone's keyboard open
    notes.write(this.key, body);
    this.#sending = body;
    if (await this.send(body)) this.forget(body);
  }

  /** The text is safe elsewhere. A newer draft stays. */
  forget(body) {
    if (notes.read(this.key) !== body) return;
    notes.write(this.key, "");
    channel?.postMessage({ type: "draft", room: this.room, text: "" });
  }

  #key(event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return; // 229: Safari ends composing first
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || touch.matches) return;
    event.preventDefault();
    if (!event.repeat) this.submit();
  }

  #input() {
    const text = this.box.value;
    this.#grow();
    if (text.trim()) this.typing();
    this.#refuse(text.trim() ? refusal(tidy(text)) : "");
    clearTimeout(this.#saving);
    this.#saving = after(0.3, () => this.#save());
  }

  #save() {
    const text = this.box.value;
    const kept = notes.read(this.key);
    if (text === kept || (!text.trim() && kept === this.#sending)) return;
    notes.write(this.key, text.trim() ? text : "");
    channel?.postMessage({ type: "draft", room: this.room, text });
    find("saved").hidden = !text.trim();
  }

  /** The same draft in another tab; never under somebody's fingers. */
  #elsewhere({ type, room, text }) {
    if (type !== "draft" || room !== this.room || document.hasFocus()) return;
    this.box.value = text;
    this.#grow();
  }

  #refuse(reason) {
    const line = find("refusal", this.form);
    line.hidden = !reason;
    line.textContent = reason;
    this.box.setAttribute("aria-invalid", String(Boolean(reason)));
  }

  /** For browsers without field-sizing. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }
}

/** What is sent of what was typed: no empty lines before, no blanks after, as the server stores it. */
function tidy(text) {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** Why this can't be sent, or "". The server decides; this only saves the way. */
export function refusal(body) {
  const length = [...body].length;
  if (!body) return "Write something first.";
  if (length > MOST_CHARS) return `A message can have ${spaced(MOST_CHARS)} characters; this one has ${spaced(length)}.`;
  if (new TextEncoder().encode(body).length > MOST_BYTES) return "That message is too long. Please send it in parts.";
  return "";
}

const spaced = (number) => number.toLocaleString(document.documentElement.lang);
