// Keys that work on the whole page. Letters only work where nobody is writing, and for those who leave them on.
import { find, findAll } from "./page.js";
import { after } from "./seconds.js";

const CHATS = { ArrowUp: -1, ArrowDown: 1 };
const GO = { h: "/", p: "/people/", r: "/rooms/", s: "/me/" };
const SECOND = 1.2; // how long a second letter may take
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
let escape = null;
let going = null; // the timer after a "g"
let started = false;

/** `escape()` is what Esc does when nothing is open. Every page starts this; a room says more. */
export function start(options = {}) {
  escape = options.escape ?? escape;
  if (started) return;
  started = true;
  for (const shown of findAll("mod")) if (mac) shown.textContent = shown.textContent.replace("Ctrl", "⌘");
  document.addEventListener("click", clicked);
  // Before anything on the page hears them: what has the focus may know these letters, too.
  document.addEventListener("keydown", first, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") escape?.();
    else if (event.altKey && event.key in CHATS) neighbour(event);
    else if (single(event)) letter(event);
  });
}

function clicked(event) {
  if (event.target.closest("[data-help]")) help();
  if (!event.target.closest("[data-switch]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  jump();
}

/** The quick switcher opens at once, for what is typed next; what fills it comes when somebody first asks for it. */
async function jump() {
  const dialog = find("switcher");
  if (!dialog || document.querySelector("dialog[open]")) return;
  find("switch-box", dialog).value = "";
  dialog.showModal();
  try {
    (await import("./switcher.js")).begin();
  } catch {
    dialog.close(); // no way to the server just now
  }
}

function first(event) {
  if (event.isComposing) return;
  const modified = mac ? event.metaKey : event.ctrlKey;
  if (modified && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    event.stopPropagation();
    jump();
  } else if (going) {
    stop();
    if (!single(event) || !(event.key in GO)) return;
    event.preventDefault();
    event.stopPropagation();
    location.assign(GO[event.key]);
  }
}

const writing = (element) => Boolean(element.closest("input, textarea, select, [contenteditable]"));

/** A letter or a sign by itself, where nobody writes. */
function single(event) {
  if (document.documentElement.dataset.letterKeys === "off" || document.querySelector("dialog[open]")) return false;
  return event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && !writing(event.target);
}

function letter(event) {
  if (event.key === "?") help();
  else if (event.key === "/") search(event);
  else if (event.key === "g") going = after(SECOND, stop);
}

function stop() {
  clearTimeout(going);
  going = null;
}

/** In this room, where one can search it; else anywhere. */
function search(event) {
  event.preventDefault();
  const here = find("room-search");
  if (here) here.click();
  else jump();
}

function help() {
  find("shortcuts")?.showModal();
}

/** The next or previous conversation; with Shift the next that has something new. */
function neighbour(event) {
  const step = CHATS[event.key];
  const links = findAll("link", find("inbox") ?? document);
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const rest = step > 0 ? links.slice(here + 1) : links.slice(0, here < 0 ? links.length : here).reverse();
  const next = rest.find((link) => !event.shiftKey || link.matches(".unread:not(.is-quiet)"));
  event.preventDefault();
  if (next) location.assign(next.href);
}
