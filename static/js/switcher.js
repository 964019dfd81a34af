// The quick switcher (Ctrl/Cmd K): any conversation, anybody, any message, from anywhere, without leaving the keyboard.
import * as inbox from "./inbox.js";
import { rank } from "./matching.js";
import { group, handle, messageOption, personOption, roomOption, searchOption } from "./options.js";
import { find, findAll, roomUrl } from "./page.js";
import { after } from "./seconds.js";

const MOST = 7;
const PAUSE = 0.15; // seconds without a key before the server is asked
const dialog = find("switcher");
const box = find("switch-box", dialog);
let found = { query: "", people: [], messages: [] }; // what the server found for what is typed
let asking = null;

box.addEventListener("input", () => (show(), ask()));
box.addEventListener("keydown", key);
dialog.addEventListener("submit", (event) => (event.preventDefault(), go()));
dialog.addEventListener("click", clicked);

/** Fills it, just opened: with the recent conversations, or for what has been typed since. */
export function begin() {
  show();
  ask();
}

/** `kept`: the address of what is to stay chosen. */
function show(kept = null) {
  const query = box.value.trim();
  const rooms = conversations(query);
  const known = new Set(inbox.memberships().filter(({ kind }) => kind === "direct").map(({ people }) => people[0]?.id));
  const { people, messages } = query && query.startsWith(found.query) ? found : { people: [], messages: [] };
  const others = people.filter(({ id, name, username }) => !known.has(id) && rank(query, [name, `@${username}`]) !== null);
  const reached = [...rooms.map((each) => roomOption(each, query)), ...others.map((each) => personOption(each, query))];
  const groups = [group(query ? "People and rooms" : "Recent", reached)];
  if (query) groups.push(group("Messages", [...(query === found.query ? messages : []).map(messageOption), searchOption(query)]));
  find("switch-list").replaceChildren(...groups.filter(Boolean));
  findAll("option", dialog).forEach((option, number) => (option.id = `switch-${number}`));
  const options = findAll("option", dialog);
  choose(options.find(({ href }) => href === kept) ?? options[0]);
  find("switch-status", dialog).textContent = `${reached.length} found`;
}

/** Those that match, the best first; without a question the newest that aren't open anyway. */
function conversations(query) {
  const all = inbox.memberships();
  if (!query) return all.filter(({ room }) => !location.pathname.startsWith(roomUrl(room))).slice(0, MOST);
  const ranked = all.map((each) => [rank(query, [each.title, handle(each)]), each]).filter(([fits]) => fits !== null);
  return ranked.sort(([one], [other]) => one - other).slice(0, MOST).map(([, each]) => each);
}

/** People and messages from the server, once nobody types for a moment. An answer that comes too late is dropped. */
function ask() {
  clearTimeout(asking);
  const query = box.value.trim();
  if (!query) return;
  asking = after(PAUSE, async () => {
    const q = `?q=${encodeURIComponent(query)}`;
    const answers = await Promise.all([get(`/api/switch${q}`), get(`/search/messages.json${q}`)]);
    if (!dialog.open || box.value.trim() !== query) return;
    found = { query, people: [], messages: [], ...answers[0], ...answers[1] };
    show(chosen()?.href);
  });
}

/** Nothing is as good as no answer: what this browser knows is shown anyway. */
async function get(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? answer.json() : {};
}

// --- Choosing --------------------------------------------------------------------------------------------------------

const chosen = () => dialog.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
}

function key(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.isComposing) return;
  event.preventDefault();
  const all = findAll("option", dialog);
  choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

function clicked(event) {
  const option = event.target.closest("[data-option]");
  if (event.target === dialog || event.target.closest("[data-switch-close]")) dialog.close();
  if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(option);
  go();
}

/** Opens what is chosen. The room with somebody new is opened by asking for it, as on their page. */
function go() {
  const option = chosen();
  if (!option) return;
  const form = find("switch-person");
  if (!option.dataset.person) return location.assign(option.href);
  form.action = `/people/@${encodeURIComponent(option.dataset.person)}/message/`;
  form.submit();
}
