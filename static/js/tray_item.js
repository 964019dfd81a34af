// One file in the tray: its picture or name, how far it is, and what one can do about it.
import { bytes } from "./filesize.js";
import { clone, find } from "./page.js";
import { fileUrl } from "./upload.js";

/** What the file is called now. */
export const nameOf = (item) => item.file?.name ?? item.name;

/** The item as an <li>; `drawItem` shows how far it is. */
export function buildItem(item) {
  const element = clone("tray-item");
  const name = nameOf(item);
  const url = item.url ?? (item.kind === "image" && item.file ? fileUrl(item.file, item.file.thumb ? "thumb" : "") : null);
  const image = find("tray-picture", element);
  image.hidden = !url;
  find("tray-file", element).hidden = Boolean(url);
  if (url) image.src = url;
  image.alt = `${name}, ${bytes(item.size)}`;
  find("tray-name", element).textContent = name;
  find("tray-bar", element).setAttribute("aria-label", `Uploading ${name}`);
  for (const hook of ["remove", "retry", "describe"]) find(`tray-${hook}-name`, element).textContent = name;
  return element;
}

/** Shows how far the item is. */
export function drawItem(element, { kind, state, sent, size, reason, alt }) {
  const stopped = state === "stopped";
  element.dataset.state = state;
  const bar = find("tray-bar", element);
  bar.hidden = state !== "sending";
  bar.max = Math.max(1, size);
  bar.value = sent;
  find("tray-retry", element).hidden = !stopped;
  find("tray-describe", element).hidden = kind !== "image" || state === "refused";
  find("tray-describe", element).classList.toggle("is-done", Boolean(alt));
  const why = find("tray-reason", element);
  why.textContent = stopped ? reason || "Not uploaded" : reason;
  why.hidden = !why.textContent;
}
