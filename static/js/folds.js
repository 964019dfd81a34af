// Menus that are a <details>: a click elsewhere or Escape closes them.
import { findAll } from "./page.js";

export function start() {
  document.addEventListener("click", ({ target }) => close((fold) => !fold.contains(target)));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(() => true) && event.preventDefault());
}

/** Closes those of which `which` is true. Whether there was one. */
function close(which) {
  const open = findAll("fold").filter((fold) => fold.open && which(fold));
  for (const fold of open) {
    fold.open = false;
    if (fold.contains(document.activeElement)) fold.querySelector("summary").focus();
  }
  return open.length > 0;
}
