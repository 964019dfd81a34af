// Who is here: whatever carries data-presence="<person>" is shown while that person is online.
import { findAll } from "./page.js";
import { SILENCE, after } from "./seconds.js";
import { socket } from "./wire.js";

const MOST = 200;
const ANSWERED = 2; // seconds after which silence about a person means that we may not know
const online = new Set();
const seen = new WeakSet(); // elements whose state the server drew
let asked = "";
let silence = null;

export function start() {
  socket.on("live", found);
  socket.on("down", () => (silence ??= after(SILENCE, forget)));
  socket.on("ended", forget);
  socket.on("presence.changed", ({ user, state }) => {
    if (state === "online") online.add(user);
    else online.delete(user);
    for (const element of findAll("presence")) if (element.dataset.presence === user) paint(element);
  });
  for (const swapped of ["htmx:afterSwap", "htmx:after:swap"]) document.addEventListener(swapped, watch);
}

/** Looks at everybody who is on the page now. Call it after adding people to the page. */
export function watch() {
  const elements = findAll("presence");
  for (const element of elements.filter((each) => !seen.has(each))) learn(element);
  elements.forEach(paint);
  const users = [...new Set(elements.map((element) => element.dataset.presence))].filter(Boolean).slice(0, MOST);
  if (users.join() === asked || !socket.send({ type: "presence.watch", users })) return;
  asked = users.join();
  online.clear(); // the answer names everybody who is here; the others disappear once it has had its time
  after(ANSWERED, () => findAll("presence").forEach(paint));
}

/** Asks once more whom we may see: something between us changed. */
export function again() {
  asked = "";
  watch();
}

function found() {
  clearTimeout(silence);
  silence = null;
  asked = "";
  watch();
}

/** Without a connection nobody knows who is here. */
function forget() {
  online.clear();
  findAll("presence").forEach(paint);
}

function learn(element) {
  seen.add(element);
  if (!element.hidden) online.add(element.dataset.presence);
}

function paint(element) {
  element.hidden = !online.has(element.dataset.presence);
}
