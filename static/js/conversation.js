// Draws one line of the inbox from a membership.
import { drawAvatar } from "./avatar.js";
import { brief } from "./clock.js";
import { clone, find, roomUrl } from "./page.js";

const PREVIEW = 160;

/** Fills `item` with what `known` (a membership as on the wire) says. `self` is this person, for notes to self. */
export function drawLine(item, known, { me, self, draft }) {
  const link = find("link", item);
  link.href = roomUrl(known.room);
  link.classList.toggle("unread", known.unread > 0);
  drawPerson(item, known, self);
  find("title", item).textContent = known.title;
  drawPreview(item, known, { me, draft });
  if (known.last) drawTime(item, new Date(known.last.created));
  find("unread", item).hidden = known.unread === 0;
  find("unread-count", item).textContent = known.unread > 99 ? "99+" : known.unread;
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

/** How far the newest own message got with the other person. */
export function receipt(known, me) {
  const shown = Object.values(known.receipts);
  if (known.last?.sender !== me || shown.length === 0) return "";
  if (shown.every(({ read }) => read >= known.last_seq)) return "read";
  return shown.every(({ received }) => received >= known.last_seq) ? "delivered" : "sent";
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

function drawPreview(item, known, { me, draft }) {
  const preview = find("preview", item);
  const text = document.createElement("span");
  text.className = "trunc";
  text.dir = "auto";
  text.textContent = (draft || known.last?.body || "").replace(/\s+/g, " ").slice(0, PREVIEW);
  const state = draft ? "" : receipt(known, me);
  const before = draft ? clone("draft-word") : state ? clone(`ticks-${state}`) : "";
  preview.classList.remove("is-typing");
  preview.replaceChildren(before, text);
}
