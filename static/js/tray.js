// What is about to go with the next message: a tray above the box. Its files are sent to the server at once, so that
// they are there when the text is; those that are there belong to the draft and survive a reload.
import { buildItem, drawItem, nameOf } from "./tray_item.js";
import { find, me, notes, plural } from "./page.js";
import { restored, Upload } from "./upload.js";

const LIFE = 22 * 3600_000; // the server forgets what isn't sent within a day

export class Tray {
  #items = [];
  #elements = new Map(); // item -> <li>

  /** `limits`: what the server takes ({bytes, most, sentences}). `describe(item)`: asks what a picture shows.
   * `moved(item)` is told of every step of every file, also after it has left with its message. */
  constructor({ element, room, limits, describe, moved, left }) {
    Object.assign(this, { element, room, limits, describe, moved, left, key: `files:${me}:${room}` });
    this.list = find("tray-list", element);
    element.addEventListener("click", ({ target }) => this.#click(target));
    this.#restore();
  }

  /** Whether something would go with the message: the composer asks (composer.js). */
  any() {
    return this.#items.length > 0;
  }

  /** Why it can't go, or "". What is still on its way can: its bubble waits for it. */
  ready() {
    const stuck = this.#items.find(({ state }) => state === "refused");
    return stuck ? `“${nameOf(stuck)}” can’t be sent. Take it away first.` : "";
  }

  /** Hands everything over to the message. */
  take() {
    if (!this.any()) return {};
    const attachments = this.#items.map((item) => item.entry);
    this.#items = [];
    this.#changed();
    return { attachments };
  }

  /** Takes these files in, as far as there is room. */
  add(files) {
    const free = this.limits.most - this.#items.length;
    for (const file of files.slice(0, free)) this.#begin(file);
    this.#changed();
    this.#say(files.length > free ? this.limits.sentences.too_many_files : "");
  }

  /** A file that isn't shown here, because it goes by itself. Returns its Upload, which isn't started. */
  watched(given) {
    return new Upload({ ...given, room: this.room, changed: (item) => this.#renewed(item) });
  }

  #begin(file) {
    const item = this.watched({ blob: file, name: file.name || "file" });
    const reason = this.#refusal(file);
    this.#items.push(item);
    if (reason) Object.assign(item, { state: "refused", reason });
    else item.start();
  }

  /** Why the server would refuse this file, or "". */
  #refusal({ size, type, name }) {
    const { sentences } = this.limits;
    if (!size) return sentences.empty_file;
    if (size > this.limits.bytes) return sentences.file_too_large;
    return /^image\/(hei[cf]|tiff)/.test(type) || /\.(hei[cf]|tiff?)$/i.test(name) ? sentences.telling_picture : "";
  }

  #click(target) {
    const item = this.#items.find((one) => this.#elements.get(one).contains(target));
    if (!item) return;
    if (target.closest("[data-tray-remove]")) this.#remove(item);
    else if (target.closest("[data-tray-retry]")) item.start();
    else if (target.closest("[data-tray-describe]")) this.describe(item);
  }

  #remove(item) {
    const at = this.#items.indexOf(item);
    this.#items.splice(at, 1);
    item.cancel();
    this.#say("");
    this.#changed();
    const next = this.#items[Math.min(at, this.#items.length - 1)];
    if (next) find("tray-remove", this.#elements.get(next)).focus();
    else this.left();
  }

  #renewed(item) {
    if (this.#items.includes(item)) this.#changed();
    this.moved(item);
  }

  #changed() {
    for (const [item, element] of this.#elements) if (!this.#items.includes(item)) element.remove(), this.#elements.delete(item);
    for (const item of this.#items) drawItem(this.#element(item), item);
    this.#unfold();
    this.#keep();
  }

  #element(item) {
    if (!this.#elements.has(item)) {
      this.#elements.set(item, buildItem(item));
      this.list.append(this.#elements.get(item));
    }
    return this.#elements.get(item);
  }

  #say(sentence) {
    find("tray-note", this.element).textContent = sentence;
    this.#unfold();
  }

  #unfold() {
    this.list.hidden = !this.any();
    this.element.classList.toggle("is-empty", !this.any() && !find("tray-note", this.element).textContent);
  }

  #keep() {
    const kept = this.#items.map(({ file, name }) => (file ? { file, at: Date.now() } : { name }));
    notes.write(this.key, kept.length ? JSON.stringify(kept) : "");
  }

  /** What an earlier page had uploaded comes back; of what it hadn't, only the name is left. */
  #restore() {
    const kept = JSON.parse(notes.read(this.key) || "[]");
    const fresh = kept.filter(({ file, at }) => file && Date.now() - at < LIFE);
    this.#items = fresh.map(({ file }) => restored(this.watched({ blob: new Blob(), name: file.name, kind: file.kind }), file));
    const lost = kept.filter(({ file }) => !file);
    this.#changed();
    if (lost.length) this.#say(lostWords(lost.map(({ name }) => `“${name}”`)));
  }
}

/** What is said of files that a closed page couldn't finish. */
export function lostWords(names) {
  const some = names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${plural(names.length - 2, "other file")}` : names.join(", ");
  return names.length === 1
    ? `${some} wasn’t uploaded before this page was closed. Please attach it again.`
    : `${some} weren’t uploaded before this page was closed. Please attach them again.`;
}
