// The HTTP twin of the socket: the same answers, for when sockets don't get through.
import { csrf, roomUrl } from "./page.js";

/** Whether we are still signed in. Fails while the server can't be reached. */
export async function session() {
  const answer = await fetch("/api/session", { headers: { Accept: "application/json" } });
  if (answer.status >= 500) throw new Error(`session: ${answer.status}`);
  return answer.status !== 401;
}

/** Posts an outbox entry. Resolves to the ack or nack frame; fails when there was neither. */
export async function post(entry) {
  return { client_id: entry.client_id, ...(await send(roomUrl(entry.room, "messages/"), draft(entry))) };
}

/** Carries out a command. Resolves to its ack or nack frame; fails when there was neither. `options` are fetch's. */
export const act = (frame, options) => send("/api/commands/", frame, options);

/** What the server is told of an outbox entry: the same to the letter at every attempt. */
export function draft({ client_id, body, reply_to, attachments }) {
  return { client_id, body, ...(reply_to && { reply_to }), ...(attachments?.length && { attachments: attachments.map(({ id }) => id) }) };
}

async function send(url, data, options) {
  const answer = await fetch(url, {
    ...options,
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(data),
  });
  return answer.json();
}

/** What changed in the room after `since`: a synced or reset frame. */
export const missed = (room, since) => get(room, `since=${since}`);

/** At most 50 rows before place `seq`: {rows, more}. */
export const older = (room, seq) => get(room, `before=${seq}&limit=50`);

/** At most 50 rows after place `seq`: {rows, more}. */
export const newer = (room, seq) => get(room, `after=${seq}&limit=50`);

/** The rows on both sides of place `seq`: {rows, more, more_after}: whether there are older, and newer ones. */
export const around = (room, seq) => get(room, `around=${seq}&limit=50`);

/** What a message said before: {edits: [{body, written}]}, oldest first. */
export const edits = (room, seq) => read(roomUrl(room, `messages/${seq}/edits/`));

/** The room's pinned messages, newest pin first: {rows}. */
export const pins = (room) => read(roomUrl(room, "pins/"));

/** One message with everything in it, also where it is hidden because of who wrote it: {message}. */
export const message = (room, seq) => read(roomUrl(room, `messages/${seq}/`));

const get = (room, question) => read(`${roomUrl(room, "messages/")}?${question}`);

/** What the server says at this address, as JSON. Fails when it refuses. */
export async function read(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}
