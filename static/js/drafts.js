// What one began to write, on all of one's devices. A browser keeps it at every pause (draft.js); when one looks away
// the server gets it, and tells the other devices. The newer one is shown, and none is lost to an older one.
import * as api from "./api.js";
import { me, notes } from "./page.js";
import { switchboard } from "./signals.js";
import { command, socket } from "./wire.js";

const signals = switchboard();
const keys = (room) => ({ text: `draft:${me}:${room}`, reply: `draft-reply:${me}:${room}`, state: `drafted:${me}:${room}` });

/** `on("changed", hear)`: another device's draft took the place of ours; `hear` is given {room, text}. */
export const on = signals.on;

export function start() {
  socket.on("ready", ({ memberships }) => memberships.forEach(told));
  socket.on("membership.changed", told);
}

/** This browser's draft was changed by whoever writes here. */
export function touched(room) {
  remember(room, { at: Date.now(), shared: false });
}

/** What a list shows: this browser's draft, unless it is the server's anyway. */
export function shown({ room, draft }) {
  const mine = read(room);
  return mine.shared ? (draft?.body ?? "") : mine.body;
}

/** Gives the server what it doesn't have yet. `leaving`: the page goes, and its socket with it. */
export async function share(room, { leaving = false } = {}) {
  const mine = read(room);
  if (mine.shared) return;
  const frame = { type: "draft.set", room, body: mine.body, ...(mine.reply_to && { reply_to: mine.reply_to }) };
  const answer = leaving ? await api.act(frame, { keepalive: true }).catch(() => null) : await command(frame);
  if (answer?.type === "ack" && read(room).at === mine.at) remember(room, { at: mine.at, shared: true });
}

/** The server's word on a room. A draft that is cut is only for the list. */
export function told({ room, draft }) {
  if (draft?.cut) return;
  const mine = read(room);
  const theirs = { body: "", at: 0, ...draft };
  const same = mine.body.trim() === theirs.body.trim() && mine.reply_to === theirs.reply_to;
  if (!same && !mine.shared && mine.at >= theirs.at) return void share(room);
  if (!mine.shared || !same) take(room, theirs, same);
}

function take(room, { body, at }, same) {
  remember(room, { at, shared: true });
  if (same) return;
  notes.write(keys(room).text, body);
  notes.write(keys(room).reply, "");
  signals.emit("changed", { room, text: body });
}

function read(room) {
  const { text, reply, state } = keys(room);
  const body = notes.read(text);
  return { body, reply_to: parsed(notes.read(reply))?.seq, at: 0, shared: !body, ...parsed(notes.read(state)) };
}

/** Kept only while there is something to say: what is empty and shared is nothing. */
function remember(room, state) {
  const { text, state: key } = keys(room);
  notes.write(key, state.shared && !notes.read(text) ? "" : JSON.stringify(state));
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
