// What one has begun to write in a room, kept on this device: the text, the message it answers, and an edit under way.
import * as drafts from "./drafts.js";
import { channel, me, notes } from "./page.js";

export class Draft {
  /** `heard(text, before)`: another tab wrote something, or another device in place of what was kept `before`. */
  constructor(room, heard) {
    this.room = room;
    this.keys = { text: `draft:${me}:${room}`, reply: `draft-reply:${me}:${room}`, edit: `draft-edit:${me}:${room}` };
    channel?.addEventListener("message", ({ data }) => data.type === "draft" && data.room === room && heard(data.text));
    drafts.on("changed", ({ room: where, text, before }) => where === room && heard(text, before));
  }

  get text() {
    return notes.read(this.keys.text);
  }

  /** The message it answers, as a quote, or null: of another device's draft only the place is known. */
  get reply() {
    const reply = parsed(notes.read(this.keys.reply));
    return reply && "body" in reply ? reply : null;
  }

  /** The place of the message it answers, if any. */
  get answers() {
    return parsed(notes.read(this.keys.reply))?.seq;
  }

  /** {seq, text} of an edit that wasn't finished, or null. */
  get edit() {
    return parsed(notes.read(this.keys.edit));
  }

  /** `quietly`: other tabs needn't know, because it is about to go. */
  keep(text, reply, { quietly = false } = {}) {
    notes.write(this.keys.text, text.trim() ? text : "");
    notes.write(this.keys.reply, reply ? JSON.stringify(reply) : "");
    if (quietly) return;
    drafts.touched(this.room);
    channel?.postMessage({ type: "draft", room: this.room, text });
  }

  keepEdit(edit) {
    notes.write(this.keys.edit, edit ? JSON.stringify(edit) : "");
  }

  /** Lets one's other devices have it. `leaving`: the page goes. */
  share(how) {
    drafts.share(this.room, how);
  }

  /** The text is safe elsewhere. A newer draft stays. */
  forget(body) {
    if (this.text !== body) return;
    this.keep("", null);
    this.share();
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
