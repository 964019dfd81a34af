// One short sentence about what was just done, or why it wasn't: seen for a moment, and read aloud.
import { find } from "./page.js";
import { after } from "./seconds.js";

const SHOWN = 6; // seconds
let timer = null;

/** Says it at the bottom of the page. */
export function say(sentence) {
  const line = find("notice");
  clearTimeout(timer);
  line.textContent = sentence;
  line.classList.toggle("is-empty", !sentence);
  timer = after(SHOWN, () => say(""));
  if (!sentence) clearTimeout(timer);
}
