// The pill that says the connection is gone, once that lasted three seconds, and how many messages wait for it.
import { find, plural } from "./page.js";
import { SILENCE, after } from "./seconds.js";
import { outbox, socket } from "./wire.js";

const pill = find("connection");
let timer = null;

export function start() {
  if (!pill) return;
  lost();
  socket.on("down", lost);
  socket.on("live", found);
  socket.on("ended", (sentence) => show(sentence, false));
  outbox.on("changed", describe);
  outbox.on("gone", describe);
  find("try-now", pill).addEventListener("click", () => socket.retry());
}

function lost() {
  timer ??= after(SILENCE, () => show("Reconnecting…", true));
}

function found() {
  clearTimeout(timer);
  timer = null;
  pill.hidden = true;
}

function show(sentence, canTry) {
  find("sentence", pill).textContent = sentence;
  find("try-now", pill).hidden = !canTry;
  pill.hidden = false;
  describe();
}

function describe() {
  const waiting = outbox.waiting().length;
  find("queued", pill).textContent = waiting ? `${plural(waiting, "message")} will send when you’re back.` : "";
}
