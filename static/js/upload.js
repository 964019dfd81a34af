// One file on its way to the server, and what is known of it there.
//
// `state` is "sending", "there", "stopped" (the network failed: try again) or "refused" (with `reason`).
import { uuid } from "./uuid.js";
import { csrf, roomUrl } from "./page.js";

const SHOWN = /^image\/(jpeg|png|gif|webp|avif)$/; // browsers can draw these before the server has seen them
const headers = { "X-CSRFToken": csrf };

/** Everything under way or waiting on this page, by key. */
export const uploads = new Map();
/** Pictures as they were chosen, by the id the server gave them: they needn't be fetched again. */
export const previews = new Map();

export class Upload {
  key = uuid();
  state = "sending";
  sent = 0; // bytes
  reason = "";
  alt = "";
  file = null; // as rows describe it, once the server has it
  #request = null;

  /** `changed(upload)` is told of every step. `more`: what goes along (the length of a recording). */
  constructor({ room, blob, name, kind, more = {}, changed }) {
    const shown = SHOWN.test(blob.type);
    Object.assign(this, { room, blob, name, more, changed, size: blob.size, kind: kind ?? (shown ? "image" : "file") });
    this.url = shown ? URL.createObjectURL(blob) : null;
    uploads.set(this.key, this);
  }

  /** What a message says of it before the server knows it; `key` instead of `id`. */
  get entry() {
    const { key, name, size, kind, more } = this;
    return this.state === "there" ? this.file : { key, name, size, kind, ...(more.seconds && { seconds: more.seconds }) };
  }

  /** Sends it, or goes on where it stopped. */
  start() {
    this.#become("sending");
    if (this.file) return this.#describe();
    const form = new FormData();
    form.append("file", this.blob, this.name);
    for (const [name, value] of Object.entries(this.more)) form.append(name, value);
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("POST", roomUrl(this.room, "attachments/"));
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => ((this.sent = Math.min(loaded, this.size)), this.changed(this));
    request.onload = () => this.#answered(request);
    request.onerror = request.ontimeout = () => this.#become("stopped");
    request.send(form);
  }

  /** Says in words what the picture shows. */
  describe(alt) {
    this.alt = alt.trim();
    if (this.file) this.start();
  }

  /** Gives it up, wherever it is. */
  cancel() {
    this.#request?.abort();
    uploads.delete(this.key);
    if (this.file) discard(this.file.id);
    this.changed(this);
  }

  #answered({ status, response }) {
    if (status === 201 && response) {
      this.file = response;
      if (this.url) previews.set(response.id, this.url);
      return this.#describe();
    }
    if (!response || status >= 500) return this.#become("stopped", response?.message);
    this.#become(response.retry_after ? "stopped" : "refused", response.message);
  }

  async #describe() {
    if ((this.file.alt ?? "") === this.alt) return this.#become("there");
    try {
      const answer = await fetch(`/f/${this.file.id}/`, { method: "POST", headers, body: new URLSearchParams({ alt: this.alt }) });
      if (!answer.ok) return this.#become("refused", "That description couldn’t be saved.");
      this.file = await answer.json();
      return this.#describe();
    } catch {
      this.#become("stopped");
    }
  }

  #become(state, reason = "") {
    Object.assign(this, { state, reason });
    this.changed(this);
  }
}

/** The address of a file; `how` is "thumb" or "save". */
export function fileUrl({ id, name }, how = "") {
  return `/f/${id}/${encodeURIComponent(name)}${how && `?${how}`}`;
}

/** `upload` as the file of an earlier page's, which the server has. */
export function restored(upload, file) {
  return Object.assign(upload, { file, state: "there", size: file.size, sent: file.size, alt: file.alt ?? "" });
}

/** Lets the server forget a file that isn't sent. It would by itself, a day later. */
export function discard(id) {
  fetch(`/f/${id}/`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
}
