// The settings page: offers the device's time zone, uploads a chosen picture at once, marks the section in view.
import * as unsaved from "./unsaved.js";

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

function uploadAtOnce() {
  const form = document.querySelector("[data-picture]");
  const input = form?.querySelector("input[type=file]");
  if (!input) return;
  input.classList.add("sr");
  form.querySelector("[data-upload]").hidden = true;
  input.addEventListener("change", () => {
    if (input.files.length) form.requestSubmit();
  });
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

function markSection() {
  const links = [...document.querySelectorAll("[data-subnav] a")];
  const mark = (id) => {
    for (const link of links) {
      if (link.hash === `#${id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const seen = new Map();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) seen.set(entry.target.id, entry.isIntersecting);
      const asked = links.find((link) => link.hash === location.hash && seen.get(link.hash.slice(1)));
      const first = asked ?? links.find((link) => seen.get(link.hash.slice(1)));
      if (first) mark(first.hash.slice(1));
    },
    { rootMargin: "0px 0px -60% 0px" },
  );
  for (const link of links) watcher.observe(document.querySelector(link.hash));
}

unsaved.start();
offerZone();
uploadAtOnce();
countLetters();
markSection();
