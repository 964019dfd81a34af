// The open room: its parts, and what ties them together. What arrives is incoming.js's, what one sends outgoing.js's,
// what one does with messages acting.js's.
import * as drafts from "./drafts.js";
import * as keyboard from "./keyboard.js";
import * as known from "./people_known.js";
import { Composer } from "./composer.js";
import { Follower } from "./follow.js";
import { History } from "./history.js";
import { Incoming } from "./incoming.js";
import { Jumping } from "./jumping.js";
import { Outgoing } from "./outgoing.js";
import { Pending } from "./pending.js";
import { Pins } from "./pins.js";
import { Pointers } from "./pointers.js";
import { Reading } from "./reading.js";
import { Roving } from "./roving.js";
import { Scroller } from "./scroller.js";
import { Standing } from "./request.js";
import { Timeline } from "./timeline.js";
import { Typing } from "./typing.js";
import { Unread } from "./unread.js";
import { attach } from "./attach.js";
import { channel, find } from "./page.js";
import { POLL, every } from "./seconds.js";
import { forward } from "./forward.js";
import { openPictures } from "./pictures.js";
import { quoteOf } from "./quote.js";
import { setUp } from "./acting.js";
import { startGroup } from "./group.js";
import { command, socket } from "./wire.js";

const data = JSON.parse(document.getElementById("room-data").textContent);
const { me, membership, rows, upto, more } = data;
const { room } = membership;
const isDirect = membership.kind === "direct";
let marked = membership.unread_from_seq !== null; // as unread, before this page was opened: reading here ends it
const firstUnread = Math.min(membership.unread_from_seq ?? Infinity, membership.read_seq + 1);
known.put([me, ...membership.people, ...(data.people ?? [])]);
drafts.told(membership);

// --- The parts -------------------------------------------------------------------------------------------------------

const parts = { membership };
const keep = (work) => parts.scroller.keep(work);
const name = (id) => known.name(id);
const tidy = () => parts.incoming.tidy();
const view = {
  me: me.id,
  group: !isDirect,
  name,
  person: (id) => known.person(id),
  wish: (row) => parts.acting.reactions.of(row),
  quoted: (reply) => (reply.hidden ? reply : quoteOf(parts.timeline.held.get(reply.seq) ?? reply)),
};

parts.incoming = new Incoming({ room, me: me.id, parts });
parts.outgoing = new Outgoing({ room, parts });
parts.scroller = new Scroller({
  element: find("scroller"),
  jump: find("jump"),
  toNewest: () => parts.history.toNewest(),
  newest: () => parts.timeline.atNewest,
});
parts.reading = new Reading({ room, root: find("scroller"), read: firstUnread - 1, report });
parts.pending = new Pending({ section: find("queue"), view, drawn: tidy, erased: tidy });
parts.timeline = new Timeline({
  end: find("queue"),
  view,
  adopt: (row) => parts.pending.release(row.client_id),
  tail: () => parts.pending.first(),
  drawn: (article, row) => parts.incoming.drawn(article, row),
  erased: (article) => parts.incoming.erased(article),
});
const { incoming, outgoing, scroller, timeline, reading } = parts;
parts.history = new History({ room, timeline, scroller, top: find("top"), bottom: find("bottom"), more, changed: tidy });
parts.unread = new Unread({ timeline });
parts.typing = new Typing({ room, row: find("typing"), keep });
parts.roving = new Roving({ root: find("log"), leave: () => parts.composer.focus() });
const readers = isDirect ? null : startGroup({ room, membership, timeline, keep, form: find("composer"), changed: () => parts.acting.toolbar.refresh() });
parts.pointers = new Pointers({ timeline, shown: membership.receipts, person: isDirect ? membership.people[0] : null, readers });
parts.jumping = new Jumping({ root: find("log"), scroller, timeline, reach: (seq) => parts.history.reach(seq) });
parts.composer = new Composer({
  form: find("composer"),
  room,
  send: (message) => outgoing.send(message),
  edit: (row, body) => outgoing.edit(row, body),
  last: () => timeline.rows.findLast((row) => parts.acting.deeds.can("edit", row)),
  called: ({ sender }) => (sender === me.id ? "yourself" : name(sender)),
  typing: () => parts.typing.write(),
});
parts.acting = setUp({
  root: find("log"),
  room,
  me: me.id,
  timeline,
  composer: parts.composer,
  redraw: (seq) => incoming.redraw(seq),
  membership: () => membership,
  editMinutes: data.edit_minutes ?? 15,
  starred: new Set(data.starred ?? []),
  hide: (seq) => incoming.hide([seq]),
  unreadFrom,
  forward: (row, back) => forward(row, room, back),
});
attach({ room, composer: parts.composer, send: (message) => outgoing.send(message) });
openPictures({ root: find("log"), all: () => timeline.rows.flatMap(({ attachments = [] }) => attachments.filter(({ kind }) => kind === "image")) });
parts.pins = new Pins({ bar: find("pins-bar"), room, rows: data.pins ?? [], name, go: (seq) => parts.jumping.to(seq), keep });

// --- What ties them together -----------------------------------------------------------------------------------------

function report(seq) {
  const sent = socket.send({ type: "room.read", room, seq });
  if (sent && marked) command({ type: "room.unread", room, on: false });
  marked &&= !sent;
  if (sent) socket.emit("read", { room, seq });
  return sent;
}

/** The line that says what is new goes above this message. */
function unreadFrom(seq) {
  const news = timeline.rows.filter((row) => row.seq >= seq && row.sender !== me.id && !row.event);
  keep(() => {
    parts.unread.clear();
    parts.unread.begin(seq, news.length, timeline.rows.at(-1).seq);
  });
}

/** At the first message that is new, if it is above what one sees; else at the end. */
function openAtUnread() {
  const first = rows.find(({ seq, sender, event }) => seq >= firstUnread && sender !== me.id && !event);
  if (membership.unread && first && !data.at) parts.unread.begin(first.seq, membership.unread, membership.last_seq);
  tidy();
  const top = (element) => element.getBoundingClientRect().top;
  const { element } = parts.unread;
  if (element && top(element) < top(scroller.element)) scroller.toTop(element);
}

const here = (hear) => (told) => told.room === room && hear(told);
const emoji = ({ currentTarget }) => parts.acting.picker.open(currentTarget, () => parts.composer.box, (one) => parts.composer.insert(one));
find("wave")?.addEventListener("click", () => (outgoing.send({ body: "👋" }), parts.composer.focus()));
find("emoji-button").addEventListener("click", emoji);

parts.standing = new Standing({ room, posting: membership.posting, other: isDirect ? membership.people[0] : null });
timeline.held.hidden = new Set(data.hidden);
timeline.replace(rows, data.more_after ?? false);
timeline.show(0, timeline.rows.length);
openAtUnread();
outgoing.start();
new Follower({
  room,
  upto,
  show: (fresh, how) => incoming.show(fresh, how),
  drop: (seq) => incoming.drop(seq),
  pointed: (receipts) => parts.pointers.told(receipts),
});
socket.on("receipts.changed", here(({ user, received, read }) => keep(() => parts.pointers.told({ [user]: { received, read } }, { live: true }))));
socket.on("membership.changed", here((told) => incoming.mine(told)));
socket.on("ready", ({ memberships }) => memberships.forEach(here((told) => incoming.greeted(told))));
channel?.addEventListener("message", ({ data: told }) => told.type === "read" && here(({ seq }) => reading.advance(seq))(told));
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep(() => parts.unread.leave(reading.read)));
every(POLL, () => keep(() => parts.pending.patience()));
every(60, () => timeline.renameDays());
parts.history.start();
parts.composer.resume((seq) => timeline.held.get(seq));
if (data.at) parts.jumping.light(data.at);
find("log").dataset.drawn = "";
keyboard.start({ escape: () => parts.composer.cancel() || (scroller.toEnd(), parts.composer.focus()) });
