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
export async function post({ client_id, room, body }) {
  const answer = await fetch(roomUrl(room, "messages/"), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify({ client_id, body }),
  });
  return { client_id, ...(await answer.json()) };
}

/** What changed in the room after `since`: a synced or reset frame. */
export const missed = (room, since) => get(room, `since=${since}`);

/** At most 50 rows before place `seq`: {rows, more}. */
export const older = (room, seq) => get(room, `before=${seq}&limit=50`);

async function get(room, question) {
  const answer = await fetch(`${roomUrl(room, "messages/")}?${question}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`messages: ${answer.status}`);
  return answer.json();
}
