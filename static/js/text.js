// What can be sent of what somebody typed. The server decides; this only saves the way.
const MOST_CHARS = 4_000;
const MOST_BYTES = 16 * 1024;

/** What is sent of what was typed: no empty lines before, no blanks after, as the server stores it. */
export function tidy(text) {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** Why this can't be sent, or "". */
export function refusal(body) {
  const length = [...body].length;
  if (!body) return "Write something first.";
  if (length > MOST_CHARS) return `A message can have ${spaced(MOST_CHARS)} characters; this one has ${spaced(length)}.`;
  if (new TextEncoder().encode(body).length > MOST_BYTES) return "That message is too long. Please send it in parts.";
  return "";
}

const spaced = (number) => number.toLocaleString(document.documentElement.lang);
