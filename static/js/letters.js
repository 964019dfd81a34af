// Single letters on a message that has the focus, for those who leave them on.
const DEEDS = { r: "reply", e: "edit", c: "copy", l: "link", f: "forward", p: "pin", s: "star", u: "unread", "+": "react", Delete: "remove" };

/** `row(article)`: whose message it is; `act(name, row, article)` does what the letter says. */
export function listen(root, { row, act }) {
  root.addEventListener("keydown", (event) => {
    const article = event.target;
    if (!article.matches("[data-message]") || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const name = DEEDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!name || (event.key.length === 1 && document.documentElement.dataset.letterKeys === "off")) return;
    const known = row(article);
    if (!known) return;
    event.preventDefault();
    act(name, known, article);
  });
}
