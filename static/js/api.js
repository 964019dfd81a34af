// The HTTP twin of the socket: the same answers, for when sockets don't get through.
import { roomUrl } from "./page.js";

const csrf = document.querySelector("meta[name=csrf]")?.content;

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

/** Carries out a command. Resolves to its ack or nack frame; fails when there was neither. */
export const act = (frame) => send("/api/commands/", frame);

/** What the server is told of an outbox entry: the same to the letter at every attempt. */
export function draft({ client_id, body, reply_to, attachments }) {
  return { client_id, body, ...(reply_to && { reply_to }), ...(attachments?.length && { attachments: attachments.map(({ id }) => id) }) };
}

async function send(url, data) {
  const answer = await fetch(url, {
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

async function get(room, question) {
  const answer = await fetch(`${roomUrl(room, "messages/")}?${question}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`messages: ${answer.status}`);
  return answer.json();
}
