// The open room where it is a group: names while one writes, who has seen what, its name and topic as they change, and
// the way out when one is no longer in it.
import { happened } from "./group_events.js";
import { Mentions } from "./mentions.js";
import { find, findAll, plural } from "./page.js";
import { Readers } from "./readers.js";
import { socket } from "./wire.js";

const OUT = ["left", "removed"];

/** Begins what only groups have. Returns who has seen one's messages. `membership`: this person's place, kept as it is
 * now; `changed()`: it may be another from now on who writes here. */
export function startGroup({ room, membership, timeline, keep, form, changed }) {
  new Mentions({ form, room, membership: () => membership });
  socket.on("change", ({ room: where, row }) => {
    if (where !== room || !row?.event) return;
    happened(membership, row);
    draw(membership);
    changed();
  });
  socket.on("membership.changed", (told) => {
    if (told.room !== room) return;
    if (OUT.includes(told.state)) location.replace("/");
    else draw(told);
  });
  return new Readers({ room, timeline, keep });
}

function draw({ title, topic, member_count }) {
  for (const element of findAll("group-name")) element.textContent = title;
  for (const element of findAll("group-topic")) element.textContent = topic || "No topic yet.";
  find("group-count").textContent = plural(member_count, "member");
  find("group-number").textContent = member_count;
}
