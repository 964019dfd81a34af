// The list of conversations on the page: which lines there are, in which order.
import { drawLine, drawTyping } from "./conversation.js";
import * as drafts from "./drafts.js";
import { clone, find, findAll, me, roomUrl } from "./page.js";
import * as presence from "./presence.js";
import { TYPING_SHOWN, after } from "./seconds.js";

const BELONGS = {
  all: ({ archived }) => !archived,
  unread: ({ archived, unread }) => !archived && unread > 0,
  rooms: ({ archived, kind }) => !archived && kind === "group",
  archived: ({ archived }) => archived,
};
const list = find("inbox");
const typing = new Map(); // room -> timer
let self = null;

/** Who we are, for notes to self. */
export function know(person) {
  self = person;
}

/** This person, once the server has told. */
export const myself = () => self;

/** Draws the line of this membership where it belongs, or takes it away. */
export function draw(known) {
  const item = list && line(known);
  if (!item) return;
  const draft = item.querySelector("[aria-current]") ? "" : drafts.shown(known);
  drawLine(item, known, { me, self, draft });
  if (typing.has(known.room)) drawTyping(item);
  settle(item);
}

/** Somebody is writing there. */
export function typed(known) {
  if (!known) return;
  wrote(known.room);
  typing.set(known.room, after(TYPING_SHOWN, () => (wrote(known.room), draw(known))));
  draw(known);
}

/** Nobody is writing there any more: the message is here. */
export function wrote(room) {
  clearTimeout(typing.get(room));
  typing.delete(room);
}

/** The room's line; made anew for one that isn't listed, if it belongs here. What has been read stays among the unread
 * until one looks again: nothing is pulled away from under a finger. */
function line(known) {
  const item = findAll("room", list).find((each) => each.dataset.room === known.room);
  if (known.state !== "member" || (item && known.archived !== (list.dataset.inbox === "archived"))) return item?.remove();
  if (item || !begun(known) || !BELONGS[list.dataset.inbox](known)) return item;
  const fresh = clone("conversation");
  fresh.dataset.room = known.room;
  if (location.pathname.startsWith(roomUrl(known.room))) find("link", fresh).setAttribute("aria-current", "page");
  list.append(fresh);
  queueMicrotask(presence.watch); // once it is drawn
  find("inbox-empty")?.remove();
  return fresh;
}

const begun = ({ kind, last, draft, people }) => last || draft || kind === "group" || people.length === 0;

/** Pinned first, then the newest; a line that is in its place isn't touched, so that focus and pointer stay on it. */
function settle(item) {
  const others = [...list.children].filter((each) => each !== item);
  const next = others.find((each) => place(each) < place(item)) ?? null;
  if (item.nextElementSibling !== next) list.insertBefore(item, next);
}

const place = ({ dataset }) => `${"pinned" in dataset ? 1 : 0}${dataset.at ?? ""}`;
