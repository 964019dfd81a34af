// The bar above the box: the message one answers or edits.
import { find } from "./page.js";
import { says } from "./quote.js";

/** Shows what is being edited or else answered; nothing hides the bar. `called(quote)`: who said it. */
export function drawBar(bar, { editing, reply, called }) {
  const about = editing ?? reply;
  bar.hidden = !about;
  find("bar-text", bar).textContent = about ? says(about) : ""; // what isn't shown stays nowhere
  if (!about) return;
  find("bar-title", bar).textContent = editing ? "Edit message" : `Reply to ${called(reply)}`;
  find("bar-cancel-words", bar).textContent = editing ? "Cancel editing" : "Cancel reply";
}
