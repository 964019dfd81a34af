// All conversations: what we know of each, live, and the number on every badge. lines.js draws the list of them.
import { showWaiting } from "./badge.js";
import { isMuted, isQuiet } from "./conversation.js";
import * as drafts from "./drafts.js";
import * as lines from "./lines.js";
import { happened } from "./group_events.js";
import { channel, find, me } from "./page.js";
import * as people from "./people_known.js";
import { every } from "./seconds.js";
import { socket } from "./wire.js";

const MOST_UNREAD = 100;
const rooms = new Map(); // room -> membership, as on the wire
const readHere = new Map(); // room -> seq read in this browser, before the server says so

export function start() {
  socket.on("ready", greeted);
  socket.on("membership.changed", (told) => (absorb(told), count()));
  socket.on("change", change);
  socket.on("receipts.changed", receipt);
  socket.on("typing.started", ({ room, user }) => user !== me && lines.typed(rooms.get(room)));
  socket.on("read", read);
  channel?.addEventListener("message", ({ data }) => data.type === "read" && read(data));
  channel?.addEventListener("message", ({ data }) => data.type === "draft" && redraw(data.room));
  drafts.on("changed", ({ room }) => redraw(room));
  people.on("changed", named);
  every(30, unmute);
}

/** The membership as we know it, or undefined. */
export const membership = (room) => rooms.get(room);

/** All of them, the newest first. */
export const memberships = () => [...rooms.values()].filter(({ state }) => state === "member").sort(newestFirst);

const newestFirst = (one, other) => (other.last?.created ?? other.joined).localeCompare(one.last?.created ?? one.joined);

function greeted({ user, memberships: told }) {
  lines.know(user);
  for (const one of told.toReversed()) absorb(one);
  count();
}

/** The server's word on a room. Messages that arrived live meanwhile are newer than it. */
function absorb(told) {
  const known = rooms.get(told.room);
  if (known && told.version < known.version) return;
  if (told.kind === "group") people.put(told.people);
  if (told.unread_from_seq !== null) readHere.delete(told.room); // marked as unread after it was read
  const behind = known && told.last_rev < known.last_rev;
  const { last, last_seq, last_rev, unread, mentioned, archived } = behind ? { ...known, archived: told.archived } : told;
  const done = isRead(told.room, last_seq);
  const counted = { unread: done ? 0 : unread, mentioned: mentioned && !done };
  rooms.set(told.room, { ...told, last, last_seq, last_rev, archived, ...counted });
  redraw(told.room);
}

function change({ room, rev, row }) {
  const known = rooms.get(room);
  if (!known || rev <= known.last_rev) return;
  known.last_rev = rev;
  if (row?.event) happened(known, row);
  if (row && row.kind !== "event") {
    if (row.seq > known.last_seq) arrived(known, row);
    else changed(known, row);
  }
  redraw(room);
  count();
}

function arrived(known, row) {
  const named = row.mentions?.some((id) => id === me || id === "everyone");
  Object.assign(known, { last: row, last_seq: row.seq });
  lines.wrote(known.room);
  if (known.kind !== "group" || (named && row.sender !== me)) known.archived = false; // what is meant for one comes back
  if (row.sender === me || row.hidden || row.removed) return;
  known.unread = Math.min(MOST_UNREAD, known.unread + 1);
  known.mentioned ||= Boolean(named);
}

/** Edited, reacted to, removed: what was removed is no longer unread. */
function changed(known, row) {
  if (row.seq === known.last_seq) known.last = row;
  const first = Math.min(known.unread_from_seq ?? Infinity, known.read_seq + 1);
  const counted = row.removed && row.sender !== me && row.seq >= first && !isRead(known.room, row.seq);
  if (counted && known.unread < MOST_UNREAD) known.unread = Math.max(0, known.unread - 1);
  known.mentioned &&= known.unread > 0;
}

function receipt({ room, user, received, read }) {
  const known = rooms.get(room);
  if (!known || !(user in known.receipts)) return;
  known.receipts[user] = { received, read };
  redraw(room);
}

function read({ room, seq }) {
  readHere.set(room, Math.max(seq, readHere.get(room) ?? 0));
  const known = rooms.get(room);
  if (!known || !isRead(room, known.last_seq)) return;
  Object.assign(known, { unread: 0, mentioned: false });
  redraw(room);
  count();
}

const isRead = (room, seq) => (readHere.get(room) ?? 0) >= seq;

/** Somebody's name came: lines that were waiting for it. */
function named(some) {
  const ids = new Set(some.map(({ id }) => id));
  for (const { room, kind, last } of rooms.values()) if (kind === "group" && ids.has(last?.sender)) redraw(room);
}

/** Muted for an hour, and the hour is over. */
function unmute() {
  for (const known of rooms.values()) {
    if (known.muted === null || isMuted(known)) continue;
    known.muted = null;
    redraw(known.room);
  }
  count();
}

/** How many conversations have something new: not how many messages, and none that one wants to hear nothing of. */
function count() {
  const mine = [...rooms.values()].filter(({ state }) => state === "member");
  const waiting = mine.filter((known) => known.unread > 0 && !isQuiet(known)).length;
  const away = mine.filter(({ archived }) => archived).length;
  showWaiting(waiting);
  show("unread-total", waiting, find("unread-total"));
  show("archived-total", away, find("archived"));
}

function show(hook, number, shown) {
  if (!shown) return;
  find(hook).textContent = number;
  shown.hidden = number === 0;
}

function redraw(room) {
  const known = rooms.get(room);
  if (known) lines.draw(known);
}
