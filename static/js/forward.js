// Saying a message again somewhere else.
import * as dialogs from "./dialogs.js";
import { command } from "./wire.js";
import { memberships } from "./inbox.js";
import { plural } from "./page.js";
import { say } from "./notice.js";

/** Asks where to, and forwards it there. */
export async function forward(row, room, back) {
  const rooms = await dialogs.forwardTo(row, memberships());
  back?.()?.focus({ preventScroll: true });
  if (rooms.length === 0) return;
  const answers = await Promise.all(rooms.map((to) => command({ type: "message.forward", room, seq: row.seq, to })));
  const refused = answers.find(({ type }) => type === "nack");
  say(refused ? refused.message : `Forwarded to ${plural(rooms.length, "chat")}.`);
}
