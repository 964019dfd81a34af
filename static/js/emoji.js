// Every emoji by name: fetched when somebody first wants one.
import { me, notes } from "./page.js";

const RECENT = `emoji-recent:${me}`;
const MOST_RECENT = 16;
export const GROUPS = ["Smileys", "People", null, "Nature", "Food", "Travel", "Activities", "Objects", "Symbols", "Flags"];
let loading = null;

/** [{emoji, name, group, words}] in the usual order. Fails while the file can't be had, and may then be asked again. */
export function load(url) {
  loading ??= fetch(url)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`emoji: ${answer.status}`))))
    .then((all) => all.map(([emoji, name, group, more]) => ({ emoji: plain(emoji), name, group, words: `${name} ${more}`.toLowerCase().split(/[\s_]+/) })));
  loading.catch(() => (loading = null));
  return loading;
}

/** Without the sign for "as a picture" where that goes without saying: the form in which the server keeps it. */
const plain = (emoji) => emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");

/** Those that have, for each word of `text`, a word that begins with it. */
export function matching(all, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (one) => wanted.every((word) => one.words.some((each) => each.startsWith(word)));
  return all.filter((one) => one.emoji === text.trim() || (wanted.length > 0 && named(one)));
}

/** What this person used last, newest first. */
export function recent() {
  try {
    const kept = JSON.parse(notes.read(RECENT) || "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** Remembers that it was used. */
export function use(emoji) {
  notes.write(RECENT, JSON.stringify([emoji, ...recent().filter((each) => each !== emoji)].slice(0, MOST_RECENT)));
}
