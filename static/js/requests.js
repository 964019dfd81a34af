// How many people wait for an answer: the line in the list of conversations.
import { find } from "./page.js";
import { socket } from "./wire.js";

const asked = new Map(); // room -> whether somebody has written in it: rooms in which one hasn't answered yet

export function start() {
  socket.on("ready", ({ memberships }) => (memberships.forEach(absorb), draw()));
  socket.on("membership.changed", (told) => (absorb(told), draw()));
  socket.on("change", ({ room, row }) => row && asked.has(room) && (asked.set(room, true), draw()));
}

function absorb({ room, state, last }) {
  if (state === "request") asked.set(room, Boolean(last) || (asked.get(room) ?? false));
  else asked.delete(room);
}

function draw() {
  const line = find("requests");
  const total = [...asked.values()].filter(Boolean).length;
  if (!line) return;
  line.hidden = total === 0;
  find("requests-total", line).textContent = total;
}
