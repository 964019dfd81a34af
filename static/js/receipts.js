// "Delivered": tells the server how far this device has each room, at most once a second.
import { me } from "./page.js";
import { REPORT_EVERY, every } from "./seconds.js";
import { socket } from "./wire.js";

const MOST = 200; // rooms in one frame
const waiting = new Map(); // room -> seq

export function start() {
  socket.on("ready", ({ memberships }) => {
    for (const { room, last, last_seq, recv_seq } of memberships) if (last?.sender !== me && last_seq > recv_seq) got(room, last_seq);
  });
  socket.on("change", ({ room, row }) => row && row.sender !== me && got(room, row.seq));
  every(REPORT_EVERY, send);
}

/** This device has the room up to `seq`. */
export function got(room, seq) {
  waiting.set(room, Math.max(seq, waiting.get(room) ?? 0));
}

function send() {
  const rooms = Object.fromEntries([...waiting].slice(0, MOST));
  if (waiting.size === 0 || !socket.send({ type: "room.received", rooms })) return;
  for (const room of Object.keys(rooms)) waiting.delete(room);
}
