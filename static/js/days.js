// The days of a timeline: each is a section with its name above it.
import { dayKey, dayName } from "./clock.js";
import { clone, find } from "./page.js";

/** An empty section for the day of `row`. */
export function section({ at, day }) {
  const fresh = clone("day");
  fresh.dataset.day = day;
  nameDay(fresh, at);
  return fresh;
}

/** Names a day's section, as it is called now. */
export function nameDay(section, moment) {
  const name = find("day-name", section);
  name.dateTime = dayKey(moment);
  name.textContent = dayName(moment);
  name.parentElement.id = `day-${name.dateTime}`;
  section.setAttribute("aria-labelledby", name.parentElement.id);
}
