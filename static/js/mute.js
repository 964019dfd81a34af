// The bell in a room's header: mutes the room for a while, or lets it be heard again; of a group, what it tells one of.
import { isMuted } from "./conversation.js";
import { membership } from "./inbox.js";
import { arrange, levels, mutings, offer } from "./linemenu.js";
import { find } from "./page.js";
import { every } from "./seconds.js";
import { socket } from "./wire.js";

const bell = find("mute");
const room = bell?.dataset.mute;

export function start() {
  if (!bell) return;
  bell.addEventListener("click", ring);
  socket.on("ready", draw);
  socket.on("membership.changed", (told) => told.room === room && draw());
  every(30, draw);
}

function ring() {
  const known = membership(room);
  if (!known) return;
  if (known.kind === "group") offer(`Notifications of ${known.title}`, [...levels(known), ...mutings(known)], bell, () => bell);
  else if (isMuted(known)) arrange(room, { muted: "off" });
  else offer(`Mute ${known.title}`, mutings(known), bell, () => bell);
}

function draw() {
  const known = membership(room);
  if (!known) return;
  bell.setAttribute("aria-pressed", String(isMuted(known)));
  bell.title = isMuted(known) ? "Muted" : "Mute";
}
