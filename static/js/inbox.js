// All conversations: the list beside the room where there is one, and the number on every badge.
import { drawLine, drawTyping } from "./conversation.js";
import { showWaiting } from "./badge.js";
import { channel, clone, find, findAll, me, notes, roomUrl } from "./page.js";
import * as presence from "./presence.js";
import { TYPING_SHOWN, after } from "./seconds.js";
import { socket } from "./wire.js";

const MOST_UNREAD = 100;
const rooms = new Map(); // room -> membership, as on the wire
const readHere = new Map(); // room -> seq read in this browser, before the server says so
const typing = new Map(); // room -> timer
const drafts = new Map(); // room -> text: another tab's word, which comes before its storage does
const list = find("inbox");
let self = null;

export function start() {
  socket.on("ready", ({ user, memberships }) => {
    self = user;
    for (const membership of memberships.toReversed()) absorb(membership);
    count();
  });
  socket.on("membership.changed", (membership) => (absorb(membership), count()));
  socket.on("change", change);
  socket.on("receipts.changed", receipt);
  socket.on("typing.started", ({ room, user }) => user !== me && typed(room));
  socket.on("read", read);
  channel?.addEventListener("message", ({ data }) => data.type === "read" && read(data));
  channel?.addEventListener("message", ({ data }) => data.type === "draft" && drafted(data));
}

/** The membership as we know it, or undefined. */
export const membership = (room) => rooms.get(room);

/** The server's word on a room. Messages that arrived live meanwhile are newer than it. */
function absorb(told) {
  const known = rooms.get(told.room);
  if (known && told.version < known.version) return;
  const behind = known && told.last_rev < known.last_rev;
  const { last, last_seq, last_rev, unread } = behind ? known : told;
  rooms.set(told.room, { ...told, last, last_seq, last_rev, unread: isRead(told.room, last_seq) ? 0 : unread });
  draw(told.room);
}

function change({ room, rev, row }) {
  const known = rooms.get(room);
  if (!known || rev <= known.last_rev) return;
  known.last_rev = rev;
  if (row && row.seq > known.last_seq) {
    known.last = row;
    known.last_seq = row.seq;
    if (row.sender !== me) known.unread = Math.min(MOST_UNREAD, known.unread + 1);
    stopTyping(room);
  }
  draw(room);
  count();
}

function receipt({ room, user, received, read }) {
  const known = rooms.get(room);
  if (!known || !(user in known.receipts)) return;
  known.receipts[user] = { received, read };
  draw(room);
}

function read({ room, seq }) {
  readHere.set(room, Math.max(seq, readHere.get(room) ?? 0));
  const known = rooms.get(room);
  if (!known || !isRead(room, known.last_seq)) return;
  known.unread = 0;
  draw(room);
  count();
}

function drafted({ room, text }) {
  drafts.set(room, text);
  draw(room);
}

const isRead = (room, seq) => (readHere.get(room) ?? 0) >= seq;

function typed(room) {
  stopTyping(room);
  typing.set(room, after(TYPING_SHOWN, () => (stopTyping(room), draw(room))));
  draw(room);
}

function stopTyping(room) {
  clearTimeout(typing.get(room));
  typing.delete(room);
}

/** How many conversations have something new: not how many messages. */
function count() {
  const waiting = [...rooms.values()].filter((known) => known.unread > 0).length;
  showWaiting(waiting);
  const total = find("unread-total");
  if (total) [total.textContent, total.hidden] = [waiting, waiting === 0];
}

function draw(room) {
  const known = rooms.get(room);
  if (!list || !known) return;
  const item = line(known);
  if (!item) return;
  const draft = item.querySelector("[aria-current]") ? "" : (drafts.get(room) ?? notes.read(`draft:${me}:${room}`));
  drawLine(item, known, { me, self, draft });
  if (typing.has(room)) drawTyping(item);
  settle(item);
}

/** The room's line; made anew for a room that isn't listed, unless the list is filtered and it doesn't belong. */
function line(known) {
  const item = findAll("room", list).find((each) => each.dataset.room === known.room);
  if (known.state !== "member") return item?.remove();
  const begun = known.last || known.people.length === 0;
  if (item || !begun || (list.dataset.inbox === "unread" && known.unread === 0)) return item;
  const fresh = clone("conversation");
  fresh.dataset.room = known.room;
  if (location.pathname === roomUrl(known.room)) find("link", fresh).setAttribute("aria-current", "page");
  list.append(fresh);
  queueMicrotask(presence.watch); // once it is drawn
  find("inbox-empty")?.remove();
  return fresh;
}

/** Newest first; a line that is in its place isn't touched, so that focus and pointer stay on it. */
function settle(item) {
  const others = [...list.children].filter((each) => each !== item);
  const next = others.find((each) => (each.dataset.at ?? "") < (item.dataset.at ?? "")) ?? null;
  if (item.nextElementSibling !== next) list.insertBefore(item, next);
}
