// What a line of the inbox shows of the newest message: as `preview` in chat/rooms/presenters.py.
import { name } from "./people_known.js";
import { plain } from "./plain.js";

const ICONS = { image: "image", voice: "mic" };
const WORDS = { image: "Photo", voice: "Voice message" };

/** {text, icon, before} of a membership's newest row: `before` is who said it, in a group. */
export function previewOf({ room, kind, last }, me) {
  if (!last) return { text: "" };
  const before = kind === "group" ? (last.sender === me ? "You" : name(last.sender, room).split(/\s+/)[0]) : "";
  if (last.removed) return { text: "Message removed", before };
  if (last.hidden) return { text: "From somebody you blocked" };
  const files = last.attachments ?? [];
  const icon = files.length ? (ICONS[files[0].kind] ?? "file-text") : "";
  return { text: plain(last).trim() || fileWords(files), icon, before };
}

function fileWords(files) {
  if (files.length <= 1) return files.length ? (WORDS[files[0].kind] ?? files[0].name) : "";
  return `${files.length} ${files.every(({ kind }) => kind === "image") ? "photos" : "files"}`;
}
