// The open room: what arrives goes to the timeline, what one writes to the outbox, what one has seen to the server.
import * as announce from "./announce.js";
import * as keyboard from "./keyboard.js";
import { Composer } from "./composer.js";
import { Follower } from "./follow.js";
import { History } from "./history.js";
import { Pending } from "./pending.js";
import { Reading } from "./reading.js";
import { Roving } from "./roving.js";
import { Scroller } from "./scroller.js";
import { Timeline } from "./timeline.js";
import { Typing } from "./typing.js";
import { Unread } from "./unread.js";
import { channel, find, watched } from "./page.js";
import { POLL, every } from "./seconds.js";
import { outbox, socket } from "./wire.js";
import { setState } from "./messages.js";

const { me, membership, rows, upto, more } = JSON.parse(document.getElementById("room-data").textContent);
const { room } = membership;
const names = new Map([me, ...membership.people].map((person) => [person.id, person.name]));
const placed = new Set(); // client_ids of own rows that have their place
let pointers = membership.receipts; // how far the others got

// --- The parts -------------------------------------------------------------------------------------------------------

const scroller = new Scroller({ element: find("scroller"), jump: find("jump"), toNewest: () => history.toNewest() });
const reading = new Reading({ room, root: scroller.element, read: membership.read_seq, report });
const pending = new Pending({ section: find("queue"), me: me.id, drawn: tidy, erased: tidy });
const timeline = new Timeline({
  end: find("queue"),
  me: me.id,
  author: (id) => names.get(id) ?? "Somebody",
  adopt: (row) => pending.release(row.client_id),
  tail: () => pending.first(),
  drawn,
  erased: (article) => reading.unwatch(article),
});
const history = new History({ room, timeline, scroller, top: find("top"), bottom: find("bottom"), more, changed: tidy });
const unread = new Unread({ timeline });
const typing = new Typing({ room, row: find("typing"), keep: (work) => scroller.keep(work) });
const roving = new Roving({ root: find("log"), leave: () => composer.focus() });
const composer = new Composer({ form: find("composer"), room, send, typing: () => typing.write() });

// --- What arrives ----------------------------------------------------------------------------------------------------

/** Rows in the order of the room. What was missed while away isn't read aloud. */
function show(fresh, { live }) {
  scroller.keep(() => {
    for (const row of fresh) timeline.put(row);
    for (const row of fresh.filter(({ sender }) => sender !== me.id)) arrived(row, live);
    tidy();
  });
  history.trimAfterArrival();
}

function arrived(row, live) {
  scroller.countBelow();
  if (!watched()) unread.begin(row.seq);
  if (!live) return;
  typing.hide();
  if (watched()) announce.arrived(names.get(row.sender), row.body);
}

/** Too much was missed: what is older than the new page goes, and is fetched again when somebody scrolls there. */
function drop(seq) {
  timeline.drop(seq);
  history.more = true;
}

function drawn(article, row) {
  if (row.sender !== me.id) return reading.watch(article);
  setState(article, stateOf(row));
  placed.add(row.client_id);
  outbox.acked({ client_id: row.client_id, room }); // a row is as good as an acknowledgement that got lost
}

function stateOf({ seq }) {
  const others = Object.values(pointers);
  if (others.length && others.every(({ read }) => read >= seq)) return "read";
  return others.length && others.every(({ received }) => received >= seq) ? "delivered" : "sent";
}

function pointed(told) {
  pointers = { ...pointers, ...told };
  for (const row of timeline.rows.slice(timeline.from, timeline.to)) {
    if (row.sender === me.id) setState(timeline.article(row.seq), stateOf(row));
  }
}

/** What depends on all that is on the page. */
function tidy() {
  pending.arrange(timeline.rows.at(-1), (one, next) => timeline.joined(one, next));
  unread.place();
  roving.tend();
  find("beginning").hidden = !history.complete || timeline.rows.length === 0;
  find("empty").hidden = !history.complete || timeline.rows.length > 0 || pending.first() !== undefined;
}

// --- What one does ---------------------------------------------------------------------------------------------------

function send(body) {
  const stored = outbox.add(room, body);
  unread.clear();
  scroller.toEnd();
  return stored;
}

function report(seq) {
  const sent = socket.send({ type: "room.read", room, seq });
  if (sent) socket.emit("read", { room, seq });
  return sent;
}

function queued(entry) {
  if (entry.room !== room) return;
  if (placed.has(entry.client_id)) return outbox.acked(entry);
  const refusedNow = entry.state === "failed" && pending.has(entry.client_id);
  scroller.keep(() => {
    pending.show(entry);
    tidy();
  });
  if (refusedNow) announce.failed(entry.reason);
}

function left({ entry, acked }) {
  if (entry.room !== room) return;
  composer.forget(entry.body);
  if (acked) pending.settled(entry.client_id);
  else scroller.keep(() => pending.remove(entry.client_id));
}

find("log").addEventListener("click", ({ target }) => {
  const id = target.closest("[data-client-id]")?.dataset.clientId;
  if (target.closest("[data-retry]")) outbox.retry(id);
  if (target.closest("[data-discard]")) outbox.discard(id), composer.focus();
});
find("wave").addEventListener("click", () => (send("👋"), composer.focus()));

// --- Begin -----------------------------------------------------------------------------------------------------------

timeline.prepend(rows);
timeline.show(0, timeline.rows.length);
openAtUnread();
outbox.entries(room).forEach(queued);
outbox.on("changed", queued);
outbox.on("gone", left);
new Follower({ room, upto, show, drop, pointed });
socket.on("receipts.changed", ({ room: where, user, received, read }) => where === room && pointed({ [user]: { received, read } }));
socket.on("membership.changed", (each) => each.room === room && reading.advance(each.read_seq));
socket.on("ready", ({ memberships }) => memberships.filter((each) => each.room === room).forEach(greeted));
channel?.addEventListener("message", ({ data }) => data.type === "read" && data.room === room && reading.advance(data.seq));
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && scroller.keep(() => unread.leave(reading.read)));
every(POLL, () => scroller.keep(() => pending.patience()));
every(60, () => timeline.renameDays());
history.start();
find("log").dataset.drawn = "";
keyboard.start({ escape: () => (scroller.toEnd(), composer.focus()) });

/** At the first message that is new, if it is above what one sees; else at the end. */
function openAtUnread() {
  const first = rows.find(({ seq, sender }) => seq > membership.read_seq && sender !== me.id);
  if (membership.unread && first) unread.begin(first.seq, membership.unread, membership.last_seq);
  tidy();
  const top = (element) => element.getBoundingClientRect().top;
  if (unread.element && top(unread.element) < top(scroller.element)) scroller.toTop(unread.element);
}

function greeted({ receipts, read_seq }) {
  pointed(receipts);
  reading.again(read_seq);
}
