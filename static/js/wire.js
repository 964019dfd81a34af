// The page's one socket and one outbox, and what ties them together.
import * as api from "./api.js";
import { channel, me, socketUrl } from "./page.js";
import { Commands } from "./commands.js";
import { AWAY, POLL, RECONCILE, SILENCE, every } from "./seconds.js";
import { Outbox } from "./outbox.js";
import { Socket } from "./socket.js";
import * as store from "./store.js";
import { uuid } from "./uuid.js";

export const socket = new Socket({ url: socketUrl, session: api.session });
export const outbox = new Outbox({ user: me, tab: tabName(), store, channel, locks: navigator.locks ?? null, post });
const commands = new Commands({ send: (frame) => socket.send(frame), post: () => (viaHttp ? api.act : null) });

let viaHttp = false; // sockets don't get through: everything goes over HTTP until one does
let hiddenAt = 0;

/** Asks the server for something: resolves to its `ack`, or to a `nack` whose `message` says why not. Never fails. */
export const command = (frame) => commands.command(frame);

/** Over the socket if it is there, else over HTTP when sockets don't get through at all. */
function post(entry) {
  if (entry.attachments?.some(({ id }) => !id)) return false; // still on their way: parcels.js
  if (socket.send({ type: "message.post", room: entry.room, ...api.draft(entry) })) return true;
  if (viaHttp) api.post(entry).then(answered, () => {});
  return viaHttp;
}

/** The answer of the HTTP twin goes the way of the same frame from the socket. */
export function answered(frame) {
  if (frame.type) socket.emit(frame.type, frame);
}

/** A name for this tab that survives a reload, so that it knows its own entries again. */
function tabName() {
  try {
    sessionStorage.mychatTab ??= uuid();
    return sessionStorage.mychatTab;
  } catch {
    return uuid();
  }
}

/** Opens the socket and keeps it honest. */
export function start() {
  socket.on("live", () => ((viaHttp = false), outbox.drain(), commands.again()));
  socket.on("down", () => outbox.dropped());
  socket.on("fallback", () => ((viaHttp = true), outbox.drain(), commands.again()));
  socket.on("message.posted", posted);
  for (const changed of ["message.changed", "room.changed"]) socket.on(changed, happened);
  socket.on("room.advanced", ({ room, rev }) => socket.emit("change", { room, rev }));
  socket.on("ack", (frame) => commands.answered(frame) || acked(frame));
  socket.on("nack", (frame) => frame.client_id && (commands.answered(frame) || outbox.refused(frame)));
  socket.on("nack", ({ code }) => code === "signed_out" && socket.check());
  socket.on("signed-out", signIn);
  every(RECONCILE, () => (socket.reconcile(), outbox.drain()));
  every(POLL, () => viaHttp && (socket.emit("poll"), outbox.drain()));
  addEventListener("online", wake);
  addEventListener("pageshow", ({ persisted }) => persisted && wake());
  document.addEventListener("visibilitychange", seen);
  outbox.start();
  socket.open();
}

function posted({ room, rev, message }) {
  socket.emit("change", { room, rev, row: message });
  if (message.sender === me) outbox.acked({ client_id: message.client_id, room });
}

/** A message became another, or something happened in the room. Without a row it is nothing for this person's eyes. */
function happened({ room, rev, message }) {
  socket.emit("change", { room, rev, row: message });
}

/** The acknowledgement stands where everybody else gets the message, and carries it where it is more than the text we
 * sent. Without our entry we no longer know the text. */
function acked({ client_id, room, seq, rev, created, message }) {
  const entry = outbox.entry(client_id);
  const row = message ?? (entry && { seq, rev, sender: me, client_id, body: entry.body, created });
  socket.emit("change", { room, rev, row, unknown: !row });
  outbox.acked({ client_id, room });
}

function signIn() {
  location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
}

function wake() {
  socket.open();
  socket.probe(SILENCE);
  socket.reconcile();
}

/** Phones freeze sockets of hidden pages: after a while away the connection has to prove itself. */
function seen() {
  if (document.visibilityState === "hidden") hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > AWAY * 1000) wake();
  else socket.reconcile();
}
