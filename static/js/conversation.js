// Draws one line of the inbox from a membership, as _conversation.html does.
import { drawAvatar } from "./avatar.js";
import { brief } from "./clock.js";
import { clone, find, roomUrl } from "./page.js";
import { previewOf } from "./preview.js";

const PREVIEW = 160;

/** Fills `item` with what `known` (a membership as on the wire) says. `self` is this person, for notes to self. */
export function drawLine(item, known, { me, self, draft }) {
  const link = find("link", item);
  link.href = roomUrl(known.room);
  link.classList.toggle("unread", known.unread > 0);
  link.classList.toggle("is-quiet", isQuiet(known));
  if (known.kind === "group") drawRoom(item, known);
  else drawPerson(item, known, self);
  for (const hook of ["title", "line-title"]) find(hook, item).textContent = known.title;
  item.toggleAttribute("data-pinned", known.pinned);
  find("pin", item).hidden = !known.pinned;
  find("muted", item).hidden = !isMuted(known);
  drawPreview(item, known, { me, draft });
  const at = heardAt(known);
  if (at) drawTime(item, at);
  drawBadge(item, known);
}

/** Says that somebody is writing, in place of the preview. */
export function drawTyping(item) {
  const preview = find("preview", item);
  preview.classList.add("is-typing");
  preview.replaceChildren("typing…");
}

/** Times of the server's own lines, in this reader's zone. */
export function drawTime(item, at) {
  const when = find("when", item);
  when.dateTime = at.toISOString();
  when.textContent = brief(at);
  item.dataset.at = at.toISOString();
}

/** Whether this person wants to hear nothing of the room now. */
export const isMuted = ({ muted }) => muted === "always" || (muted !== null && Date.parse(muted) > Date.now());

/** Whether what is new in it is counted nowhere else. */
export const isQuiet = (known) => known.archived || isMuted(known);

/** What a line is placed by: its newest message; of a group at first when one joined. */
function heardAt({ kind, last, joined }) {
  const times = [last?.created, kind === "group" ? joined : null].filter(Boolean).map((each) => Date.parse(each));
  return times.length ? new Date(Math.max(...times)) : null;
}

/** How far the newest own message got with the other person. */
export function receipt(known, me) {
  const shown = Object.values(known.receipts);
  if (known.last?.sender !== me || known.last.removed || shown.length === 0) return "";
  if (shown.every(({ read }) => read >= known.last_seq)) return "read";
  return shown.every(({ received }) => received >= known.last_seq) ? "delivered" : "sent";
}

function drawBadge(item, known) {
  find("unread", item).hidden = known.unread === 0;
  find("unread", item).classList.toggle("quiet", isQuiet(known));
  find("mentioned", item).hidden = !known.mentioned;
  find("unread-count", item).textContent = known.unread > 99 ? "99+" : known.unread;
}

function drawPerson(item, known, self) {
  const person = known.people[0] ?? self;
  const face = find("face", item);
  if (!person || face.dataset.face === JSON.stringify(person)) return;
  face.dataset.face = JSON.stringify(person);
  const dot = find("presence", face);
  if (dot?.dataset.presence === person.id && !person.avatar) return;
  drawAvatar(face.firstElementChild, person, known.people.length > 0);
  find("online", item).dataset.presence = known.people[0]?.id ?? "";
}

function drawRoom(item, { hue, avatar }) {
  const face = find("face", item);
  const looks = `${hue} ${avatar ?? ""}`;
  if (face.dataset.face === looks) return;
  face.dataset.face = looks;
  const drawn = clone("room-face");
  drawn.classList.add(`h${hue}`);
  if (avatar) drawn.replaceChildren(Object.assign(new Image(256, 256), { src: avatar, alt: "" }));
  face.replaceChildren(drawn);
}

function drawPreview(item, known, { me, draft }) {
  const preview = find("preview", item);
  const state = draft ? "" : receipt(known, me);
  const { text, icon, before } = draft ? { text: draft } : previewOf(known, me);
  const words = document.createElement("span");
  words.className = "trunc";
  words.dir = "auto";
  if (before) words.append(Object.assign(document.createElement("bdi"), { textContent: before }), ": ");
  words.append(text.replace(/\s+/g, " ").trim().slice(0, PREVIEW));
  const marks = [draft && "draft-word", state && `ticks-${state}`, icon && `file-${icon}`].filter(Boolean);
  preview.classList.remove("is-typing");
  preview.replaceChildren(...marks.map(clone), words);
}
