// Keys that work on the whole page. Letters only work where nobody is writing.
import { find, findAll } from "./page.js";

const CHATS = { ArrowUp: -1, ArrowDown: 1 };

/** `escape()` is what Esc does when nothing is open. */
export function start({ escape } = {}) {
  find("help")?.addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") escape?.();
    else if (event.altKey && event.key in CHATS) neighbour(event);
    else if (event.key === "?" && !writing(event.target)) help();
  });
}

const writing = (element) => Boolean(element.closest("input, textarea, select, [contenteditable]"));

function help() {
  find("shortcuts")?.showModal();
}

/** The next or previous conversation; with Shift the next that has something new. */
function neighbour(event) {
  const step = CHATS[event.key];
  const links = findAll("link", find("inbox") ?? document);
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const rest = step > 0 ? links.slice(here + 1) : links.slice(0, here < 0 ? links.length : here).reverse();
  const next = rest.find((link) => !event.shiftKey || link.classList.contains("unread"));
  event.preventDefault();
  if (next) location.assign(next.href);
}
