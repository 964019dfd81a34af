// The one renderer of messages: fills the page's <template>s, with text only.
import { time } from "./clock.js";
import { clone, find } from "./page.js";

const SPOKEN = { waiting: "sending", failed: "not sent", sent: "sent", delivered: "delivered", read: "read" };
const FEW_EMOJI = /^(\p{Extended_Pictographic}(\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\u200D\p{Extended_Pictographic})*){1,3}$/u;
let built = 0; // numbers the texts: an article outlives its client_id, and its seq comes late

/** A message as an <article>. `author` is shown to screen readers; own messages also get `setState`. */
export function build({ body, at, mine, author }) {
  const article = clone("message");
  article.classList.add(mine ? "out" : "in");
  article.dataset.author = mine ? "You" : author;
  describe(article, `text-${++built}`);
  write(article, body);
  date(article, at);
  return article;
}

/** Writes the text: as text, whatever it contains. */
export function write(article, body) {
  find("text", article).textContent = body;
  find("bubble", article).classList.toggle("big", FEW_EMOJI.test(body));
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

/** With the focus on a message, its text is read after its label. */
function describe(article, id) {
  find("text", article).id = id;
  article.setAttribute("aria-describedby", id);
}

function label(article) {
  const { author, state } = article.dataset;
  const parts = [author, find("time", article).textContent, SPOKEN[state]];
  article.setAttribute("aria-label", parts.filter(Boolean).join(", "));
}
