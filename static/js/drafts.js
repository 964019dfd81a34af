// What one began to write, on all of one's devices. A browser keeps it at every pause (draft.js); when one looks away
// the server gets it, and tells the other devices. The newer one is shown, and none is lost to an older one.
import * as api from "./api.js";
import { channel, me, notes } from "./page.js";
import { switchboard } from "./signals.js";
import { command, socket } from "./wire.js";

const signals = switchboard();
const sent = new Map(); // room -> what was sent last: the server's echo of it is no news
const keys = (room) => ({ text: `draft:${me}:${room}`, reply: `draft-reply:${me}:${room}`, state: `drafted:${me}:${room}` });

/** `on("changed", hear)`: another device's draft took the place of ours; `hear` is given {room, text, before}. */
export const on = signals.on;

export function start() {
  socket.on("ready", ({ memberships }) => memberships.forEach(told));
  socket.on("membership.changed", told);
}

/** This browser's draft was changed by whoever writes here. */
export function touched(room) {
  remember(room, { ...state(room), at: Date.now() });
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
  sent.set(room, mine.key);
  const frame = { type: "draft.set", room, body: mine.body, ...(mine.reply_to && { reply_to: mine.reply_to }) };
  const answer = leaving ? await api.act(frame, { keepalive: true }).catch(() => null) : await command(frame);
  if (answer?.type === "ack") remember(room, { ...state(room), server: mine.key });
}

/** The server's word on a room. A draft that is cut is only for the list. */
export function told({ room, draft }) {
  if (draft?.cut) return;
  const mine = read(room);
  const { body, at, reply_to } = { body: "", at: 0, ...draft };
  const key = keyOf(body, reply_to);
  if (key === state(room).server) return;
  const mineIsNewer = !mine.shared && (mine.at >= at || key === sent.get(room));
  remember(room, { at: mineIsNewer ? mine.at : at, server: key });
  if (key === mine.key) return;
  if (mineIsNewer) return void (key === sent.get(room) || share(room));
  notes.write(keys(room).text, body);
  notes.write(keys(room).reply, reply_to ? JSON.stringify({ seq: reply_to }) : "");
  channel?.postMessage({ type: "draft", room, text: body });
  signals.emit("changed", { room, text: body, before: mine.body });
}

function read(room) {
  const { text, reply } = keys(room);
  const [body, reply_to] = [notes.read(text), parsed(notes.read(reply))?.seq];
  const { at, server } = state(room);
  const key = keyOf(body, reply_to);
  return { body, reply_to, at, key, shared: key === server };
}

const keyOf = (body, reply_to) => `${reply_to ?? ""}:${body.trim()}`;

/** When it was written, and what the server has of it. A draft from before there was any of this is as old as can be. */
const state = (room) => ({ at: 1, server: keyOf(""), ...parsed(notes.read(keys(room).state)) });

function remember(room, { at, server }) {
  const nothing = server === keyOf("") && !notes.read(keys(room).text);
  notes.write(keys(room).state, nothing ? "" : JSON.stringify({ at, server }));
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
