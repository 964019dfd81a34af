// The one renderer of messages: fills the page's <template>s, and fills them anew when a message changes. It keeps the
// elements that stay, so that neither the focus nor what one has selected is lost.
//
// A `view` says who looks: {me, group: whether others have to be told apart, name(id), person(id), wish(row): reactions
// as this person wants them, quoted(reply): what a quote says now}.
import { drawAvatar } from "./avatar.js";
import { drawFiles } from "./files.js";
import { time } from "./clock.js";
import { setMarkup } from "./markup.js";
import { clone, find } from "./page.js";
import { plain } from "./plain.js";
import { drawQuote } from "./quote.js";
import { drawReactions } from "./reactions.js";

const SPOKEN = { waiting: "sending", failed: "not sent", sent: "sent", delivered: "delivered", read: "read" };
const FEW_EMOJI = /^(\p{Extended_Pictographic}(\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\u200D\p{Extended_Pictographic})*){1,3}$/u;
const written = new WeakMap(); // text -> what was put in, so that what stays isn't put in again
let built = 0; // numbers the texts: an article outlives its client_id, and its seq comes late

/** A message as an <article>; own messages also get `setState`. */
export function build(row, view) {
  const article = clone("message");
  describe(article, `text-${++built}`);
  fill(article, row, view);
  date(article, row.at);
  return article;
}

/** Shows the row as it is now. */
export function fill(article, row, view) {
  const mine = row.sender === view.me;
  article.classList.toggle("out", mine);
  article.classList.toggle("in", !mine);
  article.dataset.author = mine ? "You" : view.name(row.sender);
  if (view.group && !mine) face(article, view.person(row.sender), article.dataset.author);
  write(article, row, mine);
  mark(article, "forwarded", row.forwarded, (part) => find("bubble", article).prepend(part));
  drawFiles(article, row);
  drawQuote(article, row.reply && view.quoted(row.reply), view);
  for (const name of ["pinned", "edited"]) mark(article, name, row[name], (part) => find("meta", article).prepend(part));
  drawReactions(article, view.wish(row), view);
  label(article);
  quiet(article);
}

/** When it was said: for own messages first by this clock, then by the server's. */
export function date(article, at) {
  const stamp = find("time", article);
  stamp.dateTime = at.toISOString();
  stamp.textContent = time(at);
  label(article);
}

/** How far an own message got: waiting, failed, sent, delivered or read. */
export function setState(article, state) {
  if (article.dataset.state === state) return;
  article.dataset.state = state;
  article.classList.toggle("pending", state === "waiting");
  article.classList.toggle("failed", state === "failed");
  find("mark", article).replaceChildren(clone(`state-${state}`));
  if (state !== "failed" && state !== "waiting") find("aside", article)?.remove();
  label(article);
}

/** What stands under a bubble that can't be sent: the reason, and what to do about it. */
export function setReason(article, reason) {
  find("aside", article)?.remove();
  const row = clone("failed-row");
  find("reason", row).textContent = reason ? `Not sent. ${reason}` : "Not sent.";
  find("body", article).append(row);
}

/** What stands under a bubble that waits for long. */
export function setPatience(article, reason) {
  if (find("aside", article)) return;
  const row = clone("patient-row");
  if (reason) row.textContent = reason;
  find("body", article).append(row);
}

/** Rounds the corners of a run of messages by one person. */
export function setGroup(article, first, last) {
  article.classList.toggle("first", first);
  article.classList.toggle("last", last);
}

/** The links and buttons of a message. */
export const inner = (article) => [...article.querySelectorAll("a, button, [tabindex]")];

/** They are no Tab stops while the focus is elsewhere (roving.js); but what one does about a failure is. */
export function quiet(article) {
  if (article.contains(document.activeElement)) return;
  for (const each of inner(article)) if (!each.closest("[data-aside]")) each.tabIndex = -1;
}

/** What a row says where only text fits: an announcement, a reply bar, the clipboard. */
export function words(row) {
  if (row.removed) return "This message was removed";
  if (row.hidden) return "A message of somebody you blocked";
  if (row.body || !row.attachments?.length) return plain(row);
  return row.attachments.length > 1 ? `${row.attachments.length} files` : row.attachments[0].name;
}

/** Writes the text: as text, whatever it contains, or as what the server made and cleaned of it. */
function write(article, row, mine) {
  const text = find("text", article);
  const instead = row.removed ? gone(row, mine) : row.hidden ? "Message of somebody you blocked" : null;
  const source = instead ?? row.html ?? row.body;
  find("bubble", article).classList.toggle("gone", instead !== null);
  find("bubble", article).classList.toggle("big", instead === null && !row.html && !row.reply && FEW_EMOJI.test(row.body));
  mark(article, "reveal-message", row.hidden, (part) => text.after(part));
  if (written.get(text) === source) return;
  written.set(text, source);
  const rich = instead === null && Boolean(row.html);
  text.classList.toggle("rich", rich);
  if (rich) setMarkup(text, row.html);
  else text.textContent = source;
}

function gone(row, mine) {
  if (row.removed === "moderator") return "Removed by a moderator";
  return mine ? "You removed this message" : "This message was removed";
}

/** Puts the template `name` into the article, where `place` wants it, or takes it away. */
function mark(article, name, wanted, place) {
  const part = find(name, article);
  if (!wanted) return part?.remove();
  if (!part) place(clone(name));
}

/** In groups: who it was, by name on the first of a run and by picture on the last (the stylesheet chooses). */
function face(article, person, name) {
  if (!find("from", article)) {
    find("bubble", article).prepend(clone("from"));
    article.prepend(clone("pic"));
  }
  find("from", article).textContent = name;
  if (!person) return;
  for (const hue of [...article.classList]) if (/^h\d$/.test(hue)) article.classList.remove(hue);
  article.classList.add(`h${person.hue}`);
  drawAvatar(find("pic", article).firstElementChild, person, false);
}

/** With the focus on a message, its text is read after its label. */
function describe(article, id) {
  find("text", article).id = id;
  article.setAttribute("aria-describedby", id);
}

function label(article) {
  const { author, state } = article.dataset;
  const parts = [author, find("time", article).textContent, find("edited", article) && "edited", find("pinned", article) && "pinned", SPOKEN[state]];
  article.setAttribute("aria-label", parts.filter(Boolean).join(", "));
}
