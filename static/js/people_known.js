// Who is who: rows carry ids, this knows the people. Whoever isn't known yet is asked for, all of a moment at once.
import { roomUrl } from "./page.js";
import { after } from "./seconds.js";
import { switchboard } from "./signals.js";

const MOST = 100; // ids in one question
const AGAIN = 5; // seconds after which a question that failed may be asked once more
const here = location.pathname.match(/^\/r\/(\w+)\//)?.[1];
const site = document.querySelector("meta[name=apple-mobile-web-app-title]")?.content; // speaks where nobody does
const people = new Map(); // id -> person, as on the wire
const asked = new Set(); // ids that were asked for: once each
const waiting = new Map(); // room -> ids to ask for
const signals = switchboard();

/** `on("changed", hear)`: somebody became known, or looks different now; `hear` is given these people. */
export const on = signals.on;

/** Takes people as the server sends them, newest word last. */
export function put(some) {
  const news = some.filter((one) => JSON.stringify(people.get(one.id)) !== JSON.stringify(one));
  for (const one of news) people.set(one.id, one);
  if (news.length) signals.emit("changed", news);
}

/** The person, or undefined until they are known. `room`: where one met them. */
export function person(id, room = here) {
  const known = people.get(id);
  if (!known && id && room) ask(id, room);
  return known;
}

/** What to call them; "Somebody" until it is known. */
export const name = (id, room = here) => (id === null ? site : (person(id, room)?.name ?? "Somebody"));

function ask(id, room) {
  if (asked.has(id)) return;
  asked.add(id);
  if (waiting.size === 0) queueMicrotask(askAll);
  if (!waiting.has(room)) waiting.set(room, []);
  waiting.get(room).push(id);
}

function askAll() {
  for (const [room, ids] of waiting) {
    for (let from = 0; from < ids.length; from += MOST) fetchPeople(room, ids.slice(from, from + MOST));
  }
  waiting.clear();
}

async function fetchPeople(room, ids) {
  try {
    const answer = await fetch(roomUrl(room, `people/?ids=${ids.join()}`), { headers: { Accept: "application/json" } });
    if (answer.ok) put((await answer.json()).people);
    else if (answer.status >= 500 || answer.status === 429) forget(ids);
  } catch {
    forget(ids);
  }
}

/** No answer: whoever needs them later asks again. */
function forget(ids) {
  after(AGAIN, () => ids.forEach((id) => asked.delete(id)));
}
