// What a message answers: a link above its text.
import { clone, find } from "./page.js";
import { plain } from "./plain.js";

const LONGEST = 160;

/** Draws the quote of a message, given its `reply`; takes it away where there is none. */
export function drawQuote(article, reply, view) {
  const known = find("quote", article);
  if (!reply) return known?.remove();
  const quote = known ?? clone("quote");
  quote.href = `?at=${reply.seq}`;
  quote.dataset.quote = reply.seq;
  find("quote-name", quote).textContent = reply.sender === view.me ? "You" : view.name(reply.sender);
  find("quote-text", quote).textContent = says(reply);
  if (!known) find("text", article).before(quote);
}

/** A row as others quote it. */
export function quoteOf(row) {
  const { seq, sender, removed, hidden, attachments } = row;
  const named = plain(row) || (attachments?.length ? attachments[0].name : "");
  return { seq, sender, body: [...named].slice(0, LONGEST).join(""), ...(removed && { removed: true }), ...(hidden && { hidden: true }) };
}

/** What a quote says. */
export function says({ body, removed, hidden }) {
  if (removed) return "This message was removed";
  return hidden ? "A message you can’t see" : body || "A file";
}
