// What the quick switcher offers: a line for each conversation, person or message.
import { drawAvatar } from "./avatar.js";
import { brief } from "./clock.js";
import { isQuiet } from "./conversation.js";
import { myself } from "./lines.js";
import { pieces } from "./matching.js";
import { clone, find, roomUrl } from "./page.js";

/** The name of whoever a one-to-one conversation is with. */
export const handle = ({ kind, people }) => (kind === "direct" && people[0] ? `@${people[0].username}` : "");

/** A group of options under its name; nothing without options. */
export function group(name, options) {
  if (options.length === 0) return null;
  const drawn = clone("switch-group");
  drawn.setAttribute("aria-label", name);
  find("group-name", drawn).textContent = name;
  drawn.append(...options);
  return drawn;
}

/** A conversation: `query` is marked in it. */
export function roomOption(known, query) {
  const option = drawn(roomUrl(known.room), known.title, handle(known), query);
  if (known.kind === "group") find("option-face", option).replaceWith(roomFace(known));
  else drawAvatar(find("option-face", option), known.people[0] ?? myself(), false);
  find("option-unread", option).hidden = known.unread === 0;
  find("option-unread", option).classList.toggle("quiet", isQuiet(known));
  find("option-count", option).textContent = known.unread > 99 ? "99+" : known.unread;
  return option;
}

/** Somebody with whom there is none yet. */
export function personOption(person, query) {
  const option = drawn(`/people/@${person.username}/`, person.name, `@${person.username}`, query);
  drawAvatar(find("option-face", option), person, false);
  option.dataset.person = person.username;
  return option;
}

/** A message that the server found. */
export function messageOption({ url, title, sender, said, pieces: text }) {
  const option = drawn(url, "", "", "");
  find("option-face", option).replaceWith(clone("switch-message"));
  find("option-title", option).replaceChildren(...marks(text));
  const where = sender === title ? sender : `${sender} in ${title}`;
  find("option-side", option).textContent = `${where}, ${brief(new Date(said))}`;
  return option;
}

/** All messages with these words. */
export function searchOption(query) {
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

const marked = (query, text) => marks(pieces(query, text));
const marks = (some) => some.map(([piece, asked]) => (asked ? Object.assign(document.createElement("mark"), { textContent: piece }) : piece));
