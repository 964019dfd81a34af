// What happens in a room, as quiet lines between the messages.
import { time } from "./clock.js";
import { clone, find } from "./page.js";

// what -> the sentence, given who did it, its details, and the names of whom it concerns
const SENTENCES = {
  created: (who, { name }) => `${who} named the room “${name}”`,
  opened: (who) => `${who} opened the room to everybody`,
  joined: (who) => `${who} joined`,
  added: (who, _, whom) => `${who} added ${whom}`,
  left: (who) => `${who} left`,
  removed: (who, _, whom) => `${who} removed ${whom}`,
  renamed: (who, { name }) => `${who} named the room “${name}”`,
  topic: (who, { topic }) => (topic ? `${who} set the topic: ${topic}` : `${who} removed the topic`),
  avatar: (who) => `${who} changed the room’s picture`,
  history: (who, { on }) => `${who} lets newcomers see ${on ? "what was said before" : "only what is said from then on"}`,
  invites: (who, { on }) => (on ? `${who} lets members bring others in` : `${who} lets only owners and moderators bring others in`),
  role: (who, { role }, whom) => `${who} made ${whom} ${ROLES[role] ?? role}`,
  closed: (who) => `${who} made the room private`,
  announcement: (who, { on }) => (on ? `${who} lets only owners and moderators write` : `${who} lets everybody write`),
  pinned: (who) => `${who} pinned a message`,
};
const ROLES = { owner: "an owner", moderator: "a moderator", member: "a member" };

/** What happened, in one sentence. */
export function sentence(row, view) {
  const who = row.sender === null ? "The system" : row.sender === view.me ? "You" : view.name(row.sender);
  const { what, people = [], ...details } = row.event;
  const whom = people.map((id) => (id === view.me ? "you" : view.name(id))).join(", ") || "somebody";
  return (SENTENCES[what] ?? ((name) => `${name} changed the room`))(who, details, whom);
}

/** A quiet line for an event's row. */
export function build(row, view) {
  const line = clone("happening");
  fill(line, row, view);
  return line;
}

/** Says it anew, when a name has become known. */
export function fill(line, row, view) {
  find("happened", line).textContent = sentence(row, view);
  const stamp = find("time", line);
  stamp.dateTime = row.at.toISOString();
  stamp.textContent = time(row.at);
  const jump = find("jump-to", line);
  jump.hidden = row.event.what !== "pinned";
  if (!jump.hidden) [jump.href, jump.dataset.quote] = [`?at=${row.event.seq}`, row.event.seq];
}
