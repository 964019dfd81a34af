// The settings page: offers the device's time zone, uploads a chosen picture at once, marks the section in view.
import * as unsaved from "./unsaved.js";
import { uploadAtOnce } from "./picture.js";

const UPPER = 0.4; // of the page: what begins below is not what one reads

function offerZone() {
  const select = document.querySelector("[data-zone]");
  const offer = document.querySelector("[data-zone-offer]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...(select?.options ?? [])].some((option) => option.value === zone);
  if (!offer || !known || zone === (select.value || select.dataset.zone)) return;
  offer.querySelector("[data-zone-name]").textContent = zone.replaceAll("_", " ");
  offer.querySelector("[data-zone-take]").addEventListener("click", () => {
    select.value = zone;
    offer.hidden = true;
    select.focus();
  });
  offer.hidden = false;
}

function countLetters() {
  for (const area of document.querySelectorAll("[data-letters]")) {
    const hint = document.getElementById(`${area.id}_helptext`);
    const tell = () => {
      hint.textContent = `${[...area.value].length} of ${area.dataset.letters} characters`;
    };
    area.addEventListener("input", tell);
    tell();
  }
}

/** The section asked for if one sees it, else the first in the upper part; at the end of the page, the last. */
function markSection() {
  const main = document.getElementById("main");
  const links = [...document.querySelectorAll("[data-subnav] a")];
  const choose = () => {
    const atEnd = main.scrollTop > 0 && main.scrollTop + main.clientHeight > main.scrollHeight - 2;
    const seen = links.filter((link) => isSeen(document.querySelector(link.hash), main, atEnd ? 1 : UPPER));
    const current = seen.find((link) => link.hash === location.hash) ?? seen.at(atEnd ? -1 : 0);
    for (const link of current ? links : []) {
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  main.addEventListener("scroll", choose, { passive: true });
  for (const moved of ["hashchange", "resize"]) addEventListener(moved, choose);
  choose();
}

function isSeen(section, main, part) {
  const { top, bottom } = section.getBoundingClientRect();
  const frame = main.getBoundingClientRect();
  return bottom > frame.top && top < frame.top + frame.height * part;
}

unsaved.start();
offerZone();
uploadAtOnce();
countLetters();
markSection();
