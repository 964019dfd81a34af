// The only place where a string becomes HTML: what a message's text was rendered and cleaned to when it was written.
// Everything else goes in by textContent, and `require-trusted-types-for 'script'` sees to it.
import { findAll, me } from "./page.js";

const policy = globalThis.trustedTypes?.createPolicy("markup", { createHTML: (html) => html });

/** Sets an element's content to the `html` of a message's row. */
export function setMarkup(element, html) {
  element.innerHTML = policy ? policy.createHTML(html) : html;
  for (const mention of findAll("user", element)) mention.classList.toggle("me", [me, "everyone"].includes(mention.dataset.user));
}
