// What happened in a group, for the place that somebody has in it: rows of events tell everybody, so the place needn't
// be sent to everybody.
const ORDER = ["owner", "moderator"]; // who writes where only announcements are made

/** Takes what an event's row says into a membership as on the wire. */
export function happened(membership, { event }) {
  const { what, on, name, topic, member_count } = event;
  if (member_count !== undefined) membership.member_count = member_count;
  if (what === "renamed") membership.title = name;
  if (what === "topic") membership.topic = topic;
  if (what === "opened" || what === "closed") membership.is_open = what === "opened";
  if (what === "history") membership.shows_history = on;
  if (what !== "announcement") return;
  membership.is_announcement = on;
  membership.posting = on && !ORDER.includes(membership.role) ? "reading" : "free";
}
