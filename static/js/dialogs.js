// The dialogs of a room: removing a message, what it said before, the pins, where to forward it.
import * as api from "./api.js";
import { brief, dayName, time } from "./clock.js";
import { clone, find, findAll } from "./page.js";
import { words } from "./messages.js";

/** Opens a dialog; resolves, once it is closed, to the value of the button that closed it, or "". */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** Whether to remove a message: "everyone", "me" or "". */
export function removal({ words, everyone, mine }) {
  const dialog = find("removal");
  find("removal-text", dialog).textContent = words;
  find("removal-everyone", dialog).hidden = !everyone;
  find("removal-note", dialog).textContent = note(everyone, mine);
  return ask(dialog).finally(() => find("removal-text", dialog).replaceChildren()); // what is removed stays nowhere
}

function note(everyone, mine) {
  if (!everyone) return "It goes from your own screens. Nobody else notices.";
  return mine
    ? "For everyone: its text goes for good, and a line says that you removed it."
    : "For everyone: its text goes for good, and a line says that a moderator removed it.";
}

/** What a message said before it was edited. */
export async function edits(room, row, back) {
  const dialog = find("edits");
  const list = find("edits-list", dialog);
  list.replaceChildren();
  find("edits-waiting", dialog).hidden = false;
  find("edits-waiting", dialog).textContent = "Looking it up…";
  const closed = ask(dialog);
  try {
    const { edits } = await api.edits(room, row.seq);
    list.replaceChildren(...edits.map(({ body, written }) => version(body, new Date(written))), version(row.body, new Date(row.edited), true));
    find("edits-waiting", dialog).hidden = true;
  } catch {
    find("edits-waiting", dialog).textContent = "That couldn’t be had just now. Please try again.";
  }
  await closed;
  list.replaceChildren();
  back?.()?.focus({ preventScroll: true });
}

function version(body, at, now = false) {
  const item = clone("edit");
  find("edit-when", item).textContent = `${now ? "Now, since" : "Written"} ${dayName(at)}, ${time(at)}`;
  find("edit-text", item).textContent = body;
  return item;
}

/** The pins of the room; resolves to the place one chose to see, or null. */
export async function pins(rows, name) {
  const dialog = find("pins");
  find("pins-list", dialog).replaceChildren(...rows.map((row) => pinLine(row, name)));
  find("pins-none", dialog).hidden = rows.length > 0;
  const chosen = await ask(dialog);
  find("pins-list", dialog).replaceChildren();
  return Number(chosen) || null;
}

function pinLine(row, name) {
  const item = clone("pin-line");
  find("pin-choose", item).value = row.seq;
  find("pin-author", item).textContent = name(row.sender);
  find("pin-when", item).textContent = brief(new Date(row.created));
  find("pin-text", item).textContent = words(row);
  return item;
}

/** Which chats to forward a message to: ids of rooms, empty when one turned away. `chats`: memberships, newest first. */
export async function forwardTo(row, chats) {
  const dialog = find("forward");
  const list = find("forward-list", dialog);
  find("forward-text", dialog).textContent = words(row);
  find("forward-search", dialog).value = "";
  list.replaceChildren(...chats.map(chatLine));
  filter(dialog);
  const search = find("forward-search", dialog);
  search.oninput = () => filter(dialog);
  search.onkeydown = (event) => void (event.key === "Enter" && event.preventDefault()); // it would cancel
  const chosen = await ask(dialog);
  find("forward-text", dialog).replaceChildren();
  return chosen === "send" ? findAll("forward-room", list).filter((box) => box.checked).map((box) => box.value) : [];
}

function chatLine({ room, title }) {
  const item = clone("forward-line");
  find("forward-room", item).value = room;
  find("forward-title", item).textContent = title;
  return item;
}

function filter(dialog) {
  const wanted = find("forward-search", dialog).value.trim().toLowerCase();
  const items = [...find("forward-list", dialog).children];
  for (const item of items) item.hidden = !find("forward-title", item).textContent.toLowerCase().includes(wanted);
  find("forward-none", dialog).hidden = items.some((item) => !item.hidden);
}
