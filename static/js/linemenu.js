// What one can do with a conversation in the list: its button, a right click, or a long press opens the menu.
import { isMuted } from "./conversation.js";
import { membership } from "./inbox.js";
import { clone, find, findAll } from "./page.js";
import { Popup } from "./popup.js";
import { onLongPress } from "./press.js";
import { after } from "./seconds.js";
import { command, socket } from "./wire.js";

const SHOWN = 6; // seconds
const list = find("inbox");
const menu = find("line-menu");
let popup = null;
let known = null; // whose menu is open
let waiting = null; // the line whose menu was asked for too early
let silence = null;

export function start() {
  if (!list || !menu) return;
  popup = new Popup(menu);
  list.addEventListener("click", ({ target }) => target.closest("[data-line-more]") && open(target.closest("[data-room]")));
  list.addEventListener("contextmenu", (event) => {
    const item = event.target.closest("[data-room]");
    if (!item || event.pointerType === "touch") return;
    event.preventDefault();
    open(item);
  });
  onLongPress(list, (target) => target.closest("[data-room]"), open);
  menu.addEventListener("keydown", key);
  socket.on("ready", () => waiting && open(waiting));
}

function open(item) {
  known = membership(item.dataset.room);
  waiting = known ? null : item; // until the server has told of it
  if (!known) return;
  offer(`Options for ${known.title}`, offers(), find("line-more", item), () => find("link", item));
}

/** Opens the menu beside `anchor` with these choices: [words, icon, what to do, whether it is so now, of alternatives].
 * Afterwards the focus goes to `back()`. */
export function offer(name, choices, anchor, back) {
  menu.setAttribute("aria-label", name);
  menu.replaceChildren(...choices.map(drawn));
  popup.open(anchor, back);
  items()[0].focus({ preventScroll: true });
}

/** What can be done with a conversation now. */
function offers() {
  const { room, pinned, archived, unread } = known;
  return [
    [pinned ? "Unpin" : "Pin to the top", "pin", () => arrange(room, { pinned: !pinned })],
    unread ? ["Mark as read", "circle-check", markRead] : ["Mark as unread", "message-circle", markUnread],
    ...mutings(known),
    [archived ? "Take out of the archive" : "Archive", archived ? "inbox" : "archive", () => arrange(room, { archived: !archived })],
  ];
}

/** How it can be muted, or that it can be heard again. */
export function mutings(about) {
  const mute = (words, muted) => [words, muted === "off" ? "bell" : "bell-off", () => arrange(about.room, { muted })];
  if (isMuted(about)) return [mute("Unmute", "off")];
  return [mute("Mute for 1 hour", "1h"), mute("Mute for 8 hours", "8h"), mute("Mute always", "always")];
}

/** What a group tells one of. */
export function levels({ room, level }) {
  const words = { all: "Every message", mentions: "Only when I’m mentioned", nothing: "Nothing" };
  return Object.entries(words).map(([name, word]) => [word, name === level ? "check" : "none", () => arrange(room, { level: name }), name === level]);
}

function drawn([words, icon, act, chosen]) {
  const item = clone("line-item");
  if (chosen !== undefined) item.role = "menuitemradio";
  if (chosen !== undefined) item.ariaChecked = String(chosen);
  item.append(clone(`line-${icon}`), words);
  item.addEventListener("click", () => (popup.close(), act()));
  return item;
}

/** Arranges a room in one's own list: all devices hear of it, this one too. */
export function arrange(room, wanted) {
  ask({ type: "place.set", room, ...wanted });
}

async function ask(frame) {
  const answer = await command(frame);
  say(answer.type === "nack" ? answer.message : "");
}

/** Why something wasn't done: seen for a moment, and read aloud. */
function say(sentence) {
  const line = find("list-status");
  clearTimeout(silence);
  line.textContent = sentence;
  if (sentence) silence = after(SHOWN, () => say(""));
}

function markRead() {
  const { room, last_seq: seq, unread_from_seq } = known;
  if (unread_from_seq !== null) ask({ type: "room.unread", room, on: false });
  if (socket.send({ type: "room.read", room, seq })) socket.emit("read", { room, seq });
}

function markUnread() {
  ask({ type: "room.unread", room: known.room });
}

const items = () => findAll("line-item", menu);

function key(event) {
  if (event.key === "Tab") return event.preventDefault(), popup.close();
  const all = items();
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[(to + all.length) % all.length].focus();
}
