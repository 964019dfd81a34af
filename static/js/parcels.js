// Messages whose files are still on their way: the outbox holds them back, and here they are completed.
//
// An entry's attachments have a `key` instead of an `id` until they are there. The page that uploads a file holds a lock
// by its key, so that any other page can tell a file that is still coming from one that was lost with its page.
import { findAll } from "./page.js";
import { lostWords } from "./tray.js";
import { outbox, socket } from "./wire.js";
import { progressed } from "./files.js";
import { discard, uploads } from "./upload.js";

const missing = ({ attachments = [] }) => attachments.filter(({ id }) => !id);
const holding = new Map(); // key -> the function that gives its lock back

/** Looks after the entries of every room that this page uploads for, and after those that nobody does. */
export function start() {
  outbox.entries().forEach(look);
  outbox.on("changed", look);
  outbox.on("gone", ({ entry, acked }) => acked || forget(entry));
  socket.on("live", again);
  addEventListener("online", again);
}

/** A file made a step: its message may be complete now, or never will be. */
export function moved(upload) {
  for (const card of findAll("upload")) if (card.dataset.upload === upload.key) progressed(card, upload);
  const entry = outbox.entries().find((one) => missing(one).some(({ key }) => key === upload.key));
  if (!entry) return;
  if (upload.state === "there") outbox.amend(entry.client_id, { attachments: entry.attachments.map((file) => (file.key === upload.key ? upload.file : file)) });
  if (upload.state === "refused") refuse(entry, upload.reason);
  if (upload.state === "there" || upload.state === "refused") release(upload.key);
}

/** Takes one file out of a message that waits for it; without anything else in it the message goes, too. */
export function cancel(key) {
  const entry = outbox.entries().find((one) => missing(one).some((file) => file.key === key));
  uploads.get(key)?.cancel();
  release(key);
  if (!entry) return;
  const attachments = entry.attachments.filter((file) => file.key !== key);
  if (attachments.length || entry.body) outbox.amend(entry.client_id, { attachments });
  else outbox.discard(entry.client_id);
}

function look(entry) {
  if (entry.state !== "waiting") return;
  for (const { key, name } of missing(entry)) {
    const upload = uploads.get(key);
    if (upload) hold(key), resume(upload);
    else unlessHeld(key, () => refuse(entry, lostWords([`“${name}”`])));
  }
}

/** It may have finished before its message was written down, or have been refused and sent again. */
function resume(upload) {
  if (upload.state === "there") moved(upload);
  else if (upload.state !== "sending") upload.start();
}

function again() {
  for (const upload of uploads.values()) if (upload.state === "stopped") upload.start();
}

function refuse({ client_id }, message) {
  outbox.refused({ client_id, code: "file", message });
}

function forget({ attachments = [] }) {
  for (const { id, key } of attachments) {
    if (id) discard(id);
    else uploads.get(key)?.cancel(), release(key);
  }
}

function hold(key) {
  if (holding.has(key)) return;
  holding.set(key, () => {});
  navigator.locks?.request(lockOf(key), () => new Promise((done) => holding.has(key) && holding.set(key, done)));
}

function release(key) {
  holding.get(key)?.();
  holding.delete(key);
}

/** Without locks nobody can tell: the message waits, and can be discarded. */
function unlessHeld(key, act) {
  navigator.locks?.request(lockOf(key), { ifAvailable: true }, (lock) => lock && act());
}

const lockOf = (key) => `mychat-upload-${key}`;
