// The search page: htmx asks as one types (see people.js); arrows lead from the field through what was found.
import "./people.js";

const box = document.querySelector("[data-search] [type=search]");

// By touch, the keyboard would cover what there is to read.
if (!box.value && matchMedia("(pointer: fine)").matches) box.focus();

/** Everything one can go to, from top to bottom. */
const links = () => [...document.querySelectorAll("#results li a")];

document.querySelector("#main").addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [box, ...links()];
  const here = stops.indexOf(document.activeElement);
  const next = stops[here + step];
  if (!step || here < 0 || !next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
});
