// How many conversations have something new: in the title, on the icon and on the Chats buttons.
import { findAll, find } from "./page.js";

const title = document.title;
const icon = document.querySelector("link[rel=icon]");
let shown = null;

export function showWaiting(count) {
  if (count === shown) return;
  shown = count;
  document.title = count ? `(${count}) ${title}` : title;
  if (icon?.dataset.unread) icon.href = count ? icon.dataset.unread : icon.dataset.quiet;
  for (const badge of findAll("waiting")) {
    badge.hidden = count === 0;
    find("count", badge).textContent = count;
  }
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}
