// Times in words, in the reader's own zone.
const lang = document.documentElement.lang || undefined;
const format = (options) => new Intl.DateTimeFormat(lang, options);
const TIME = format({ hour: "2-digit", minute: "2-digit" });
const WEEKDAY = format({ weekday: "short" });
const DAY = format({ day: "numeric", month: "short" });
const DAY_YEAR = format({ day: "numeric", month: "short", year: "numeric" });
const LONG = format({ weekday: "long", day: "numeric", month: "long" });
const LONG_YEAR = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** "14:37" */
export const time = (date) => TIME.format(date);

/** The local day as "2026-11-20". */
export const dayKey = (date) => [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
const two = (number) => String(number).padStart(2, "0");

/** "Today", "Yesterday", "Wednesday 18 November". */
export function dayName(date) {
  const ago = daysAgo(date);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return (sameYear(date) ? LONG : LONG_YEAR).format(date);
}

/** As short as a list wants it: "14:37", "Yesterday", "Wed", "14 Nov". */
export function brief(date) {
  const ago = daysAgo(date);
  if (ago <= 0) return time(date);
  if (ago === 1) return "Yesterday";
  if (ago < 7) return WEEKDAY.format(date);
  return (sameYear(date) ? DAY : DAY_YEAR).format(date);
}

const sameYear = (date) => date.getFullYear() === new Date().getFullYear();

/** Noon to noon, so that a day of 23 or 25 hours counts as one. */
function daysAgo(date) {
  const noon = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 12).getTime();
  return Math.round((noon(new Date()) - noon(date)) / 86_400_000);
}
