// Telling somebody who looks elsewhere: by the browser's own notifications where there is no push, one for each room and
// browser; the site's notices, in the page; and the one offer to switch notifications on.
import * as inbox from "./inbox.js";
import * as push from "./push.js";
import { clone, csrf, find, me, notes, plural, watched } from "./page.js";
import { isQuiet } from "./conversation.js";
import { registered } from "./install.js";
import { after } from "./seconds.js";
import { socket } from "./wire.js";
import { turn } from "./turn.js";

const PATIENCE = 4; // seconds in which another tab or device may read it; a catch-up becomes one alert by then
const OFFER_AFTER = 2; // messages sent
const REFUSED = 30 * 24 * 60 * 60 * 1000; // milliseconds that a refusal holds
const news = find("news");
const waiting = new Map(); // room -> timer
let mine = false; // whether this tab is the one that alerts
let pushed = false; // whether the server tells this browser

turn({ name: `mychat-alerts-${me}`, locks: navigator.locks ?? null, begin: () => (mine = true), end: () => (mine = false) });
push.state().then((state) => ((pushed = state === "on"), push.renew()));

// --- Messages --------------------------------------------------------------------------------------------------------

socket.on("change", ({ room, row }) => {
  if (!row || row.event) return;
  if (row.removed) close(room);
  else if (row.rev === row.seq && row.sender !== me && !row.hidden && wanted(room, row.mentions)) soon(room);
});
socket.on("read", ({ room }) => close(room));
socket.on("membership.changed", ({ room, unread, mentioned }) => {
  if (!unread) close(room);
  if (mentioned && !watched()) offer();
});

function soon(room) {
  if (!waiting.has(room)) waiting.set(room, after(PATIENCE, () => (waiting.delete(room), alertOf(room))));
}

/** Whether this browser's own notification would be the one to tell of it. */
function wanted(room, mentions) {
  if (pushed || globalThis.Notification?.permission !== "granted" || !("pushOn" in news.dataset)) return false;
  const known = inbox.membership(room);
  const level = known?.level === "all" || (known?.level === "mentions" && (mentions?.some((id) => id === me || id === "everyone") ?? known.mentioned));
  return known?.state === "member" && level && !isQuiet(known) && !inQuietHours();
}

async function alertOf(room) {
  const known = inbox.membership(room);
  if (!mine || !known?.unread || !wanted(room) || !known.last) return;
  if (watched() && location.pathname.startsWith(`/r/${room}/`)) return;
  const body = "previews" in news.dataset && known.unread === 1 && known.last.body ? known.last.body : plural(known.unread, "new message");
  (await registered)?.showNotification(known.title, { body, tag: room, silent: true, data: { url: `/r/${room}/`, room } });
}

/** What was read or taken back needs no telling any more. */
async function close(room) {
  clearTimeout(waiting.get(room));
  waiting.delete(room);
  for (const shown of (await (await registered)?.getNotifications({ tag: room })) ?? []) shown.close();
}

function inQuietHours() {
  const [begin, end] = (news.dataset.quiet ?? "").split(" ");
  if (!end || begin === end) return false;
  const now = new Date().toTimeString().slice(0, 5);
  return begin < end ? now >= begin && now < end : now >= begin || now < end;
}

// --- The site's notices ----------------------------------------------------------------------------------------------

socket.on("notice.posted", (notice) => {
  const item = clone("notice");
  find("heading", item).textContent = notice.title;
  find("words", item).textContent = notice.body;
  find("link", item).hidden = !notice.url;
  find("link", item).href = notice.url.startsWith("/") ? notice.url : "/";
  find("close", item).addEventListener("click", () => (item.remove(), seen(notice)));
  find("link", item).addEventListener("click", () => seen(notice));
  find("notices").append(item);
  if (watched()) seen(notice);
  else addEventListener("focus", () => item.isConnected && seen(notice), { once: true });
});

function seen({ id }) {
  if (id) fetch(`/api/notices/${id}/seen`, { method: "POST", headers: { "X-CSRFToken": csrf }, keepalive: true }).catch(() => {});
}

// --- The offer -------------------------------------------------------------------------------------------------------

socket.on("ack", ({ seq }) => {
  if (!seq) return;
  const sent = Number(notes.read(`mychat-sent-${me}`)) + 1;
  if (sent <= OFFER_AFTER) notes.write(`mychat-sent-${me}`, String(sent));
  if (sent === OFFER_AFTER) offer();
});

async function offer() {
  const refused = Number(notes.read(`mychat-no-alerts-${me}`));
  if (Date.now() - refused < REFUSED || globalThis.Notification?.permission !== "default") return;
  if ((await push.state()) === "off") find("offer").hidden = false;
}

function refuse() {
  notes.write(`mychat-no-alerts-${me}`, String(Date.now()));
  find("offer").hidden = true;
}

find("offer-no").addEventListener("click", refuse);
find("offer-yes").addEventListener("click", async () => {
  find("offer").hidden = true;
  pushed = (await push.switchOn().catch(() => "off")) === "on";
  if (!pushed) refuse();
});
