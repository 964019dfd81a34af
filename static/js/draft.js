// What one has begun to write in a room, kept on this device: the text, the message it answers, and an edit under way.
import * as drafts from "./drafts.js";
import { channel, me, notes } from "./page.js";

export class Draft {
  /** `heard(text)`: another tab, or another device, wrote something. */
  constructor(room, heard) {
    this.room = room;
    this.keys = { text: `draft:${me}:${room}`, reply: `draft-reply:${me}:${room}`, edit: `draft-edit:${me}:${room}` };
    channel?.addEventListener("message", ({ data }) => data.type === "draft" && data.room === room && heard(data.text));
    drafts.on("changed", (told) => told.room === room && heard(told.text));
  }

  get text() {
    return notes.read(this.keys.text);
  }

  /** The message it answers, as a quote, or null. */
  get reply() {
    return parsed(notes.read(this.keys.reply));
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
