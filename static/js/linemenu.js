// What one can do with a conversation in the list: its button, a right click, or a long press opens the menu.
import { isMuted } from "./conversation.js";
import { membership } from "./inbox.js";
import { clone, find, findAll } from "./page.js";
import { Popup } from "./popup.js";
import { onLongPress } from "./press.js";
import { socket, command } from "./wire.js";

const list = find("inbox");
const menu = find("line-menu");
let popup = null;
let known = null; // whose menu is open

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
}

function open(item) {
  known = membership(item.dataset.room);
  if (!known) return; // before the server has told of it
  menu.setAttribute("aria-label", `Options for ${known.title}`);
  menu.replaceChildren(...offers().map(drawn));
  popup.open(find("line-more", item), () => find("link", item));
  items()[0].focus({ preventScroll: true });
}

/** What can be done now: [words, icon, what to do]. */
function offers() {
  const { pinned, archived, unread } = known;
  const muting = isMuted(known)
    ? [["Unmute", "bell", () => arrange({ muted: "off" })]]
    : [["Mute for 1 hour", "bell-off", () => arrange({ muted: "1h" })], ["Mute for 8 hours", "bell-off", () => arrange({ muted: "8h" })], ["Mute always", "bell-off", () => arrange({ muted: "always" })]];
  return [
    [pinned ? "Unpin" : "Pin to the top", "pin", () => arrange({ pinned: !pinned })],
    unread ? ["Mark as read", "circle-check", markRead] : ["Mark as unread", "message-circle", markUnread],
    ...muting,
    [archived ? "Take out of the archive" : "Archive", archived ? "inbox" : "archive", () => arrange({ archived: !archived })],
  ];
}

function drawn([words, icon, act]) {
  const item = clone("line-item");
  item.append(clone(`line-${icon}`), words);
  item.addEventListener("click", () => (popup.close(), act()));
  return item;
}

/** Arranges the room in one's own list: all devices hear of it, this one too. */
async function arrange(wanted) {
  await ask({ type: "place.set", room: known.room, ...wanted });
}

async function ask(frame) {
  const answer = await command(frame);
  if (answer.type === "nack") find("list-status").textContent = answer.message;
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
