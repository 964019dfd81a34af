// The quick switcher (Ctrl/Cmd K): any conversation, anybody, any message, from anywhere, without leaving the keyboard.
import { drawAvatar } from "./avatar.js";
import * as inbox from "./inbox.js";
import { myself } from "./lines.js";
import { pieces, rank } from "./matching.js";
import { clone, find, findAll, roomUrl } from "./page.js";
import { after } from "./seconds.js";

const MOST = 7;
const PAUSE = 0.15; // seconds without a key before the server is asked
const dialog = find("switcher");
const box = dialog && find("switch-box", dialog);
let suggested = []; // people that the server found for what is typed
let asking = null;

export function start() {
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-switch]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  box.addEventListener("input", () => (show(), ask()));
  box.addEventListener("keydown", key);
  dialog.addEventListener("submit", (event) => (event.preventDefault(), go()));
  dialog.addEventListener("click", clicked);
}

/** Opens it with the recent conversations. */
export function open() {
  if (!dialog || dialog.open || document.querySelector("dialog[open]")) return;
  box.value = "";
  suggested = [];
  dialog.showModal();
  show();
}

function show() {
  const query = box.value.trim();
  const rooms = conversations(query);
  const known = new Set(inbox.memberships().filter(({ kind }) => kind === "direct").map(({ people }) => people[0]?.id));
  const others = query ? suggested.filter(({ id }) => !known.has(id)).slice(0, MOST) : [];
  const reached = [...rooms.map((each) => roomOption(each, query)), ...others.map((each) => personOption(each, query))];
  const groups = [group(query ? "People and rooms" : "Recent", reached)];
  if (query) groups.push(group("Messages", [searchOption(query)]));
  find("switch-list").replaceChildren(...groups.filter(Boolean));
  findAll("option", dialog).forEach((option, number) => (option.id = `switch-${number}`));
  choose(findAll("option", dialog)[0]);
  find("switch-status", dialog).textContent = `${reached.length} found`;
}

/** Those that match, the best first; without a question the newest that aren't open anyway. */
function conversations(query) {
  const all = inbox.memberships();
  if (!query) return all.filter(({ room }) => !location.pathname.startsWith(roomUrl(room))).slice(0, MOST);
  const ranked = all.map((each) => [rank(query, [each.title, handle(each)]), each]).filter(([fits]) => fits !== null);
  return ranked.sort(([one], [other]) => one - other).slice(0, MOST).map(([, each]) => each);
}

const handle = ({ kind, people }) => (kind === "direct" && people[0] ? `@${people[0].username}` : "");

/** People from the directory, once nobody types for a moment. An answer that comes too late is dropped. */
function ask() {
  clearTimeout(asking);
  const query = box.value.trim();
  if (query.length === 0) return void (suggested = []);
  asking = after(PAUSE, async () => {
    const answer = await fetch(`/api/switch?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || box.value.trim() !== query) return;
    suggested = (await answer.json()).people;
    if (dialog.open) show();
  });
}

// --- Drawing ---------------------------------------------------------------------------------------------------------

function group(name, options) {
  if (options.length === 0) return null;
  const drawn = clone("switch-group");
  drawn.setAttribute("aria-label", name);
  find("group-name", drawn).textContent = name;
  drawn.append(...options);
  return drawn;
}

function roomOption(known, query) {
  const option = drawn(roomUrl(known.room), known.title, handle(known), query);
  if (known.kind === "group") find("option-face", option).replaceWith(roomFace(known));
  else drawAvatar(find("option-face", option), known.people[0] ?? myself(), false);
  find("option-unread", option).hidden = known.unread === 0;
  find("option-unread", option).classList.toggle("quiet", known.archived || known.muted !== null);
  find("option-count", option).textContent = known.unread > 99 ? "99+" : known.unread;
  return option;
}

function personOption(person, query) {
  const option = drawn(`/people/@${person.username}/`, person.name, `@${person.username}`, query);
  drawAvatar(find("option-face", option), person, false);
  option.dataset.person = person.username;
  return option;
}

function searchOption(query) {
  const option = drawn(`/search/?q=${encodeURIComponent(query)}`, `Search messages for “${query}”`, "", "");
  find("option-face", option).replaceWith(clone("switch-search"));
  return option;
}

function drawn(href, title, note, query) {
  const option = clone("switch-option");
  option.href = href;
  find("option-title", option).replaceChildren(...marked(query, title));
  find("option-note", option).replaceChildren(...marked(query, note));
  return option;
}

function roomFace({ hue, avatar }) {
  const face = clone("switch-room");
  face.classList.add(`h${hue}`);
  if (avatar) face.replaceChildren(Object.assign(new Image(256, 256), { src: avatar, alt: "" }));
  return face;
}

const marked = (query, text) =>
  pieces(query, text).map(([piece, found]) => (found ? Object.assign(document.createElement("mark"), { textContent: piece }) : piece));

// --- Choosing --------------------------------------------------------------------------------------------------------

const chosen = () => dialog.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
}

function key(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.isComposing) return;
  event.preventDefault();
  const all = findAll("option", dialog);
  choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

function clicked(event) {
  const option = event.target.closest("[data-option]");
  if (event.target === dialog || event.target.closest("[data-switch-close]")) dialog.close();
  if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(option);
  go();
}

/** Opens what is chosen. The room with somebody new is opened by asking for it, as on their page. */
function go() {
  const option = chosen();
  if (!option) return;
  const form = find("switch-person");
  if (!option.dataset.person) return location.assign(option.href);
  form.action = `/people/@${encodeURIComponent(option.dataset.person)}/message/`;
  form.submit();
}
