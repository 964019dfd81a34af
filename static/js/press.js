// A long press with a finger, which a scroll or a slip cancels.
import { swallowClick } from "./popup.js";

const LONG = 450; // milliseconds
const SLIP = 10; // pixels

/** Calls `pressed(element)` for a long press on what `find(target)` finds within `root`. */
export function onLongPress(root, find, pressed) {
  let [timer, from] = [null, null];
  const forget = () => (clearTimeout(timer), (timer = null));

  root.addEventListener("pointerdown", (event) => {
    forget();
    const element = event.pointerType === "touch" && event.isPrimary && find(event.target);
    if (!element) return;
    from = event;
    timer = setTimeout(() => {
      timer = null;
      swallowClick();
      pressed(element);
    }, LONG);
  });
  root.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (timer && Math.hypot(clientX - from.clientX, clientY - from.clientY) > SLIP) forget();
  });
  for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, forget);
  addEventListener("scroll", forget, { capture: true, passive: true });
  // The browser's own answer to a long press would cover ours.
  root.addEventListener("contextmenu", (event) => event.pointerType === "touch" && find(event.target) && event.preventDefault());
}
