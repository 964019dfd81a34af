// What one does with messages: puts together the toolbar, the menu, the keys, the picker and the deeds behind them.
import * as dialogs from "./dialogs.js";
import * as api from "./api.js";
import { Deeds } from "./deeds.js";
import { Menu } from "./menu.js";
import { Picker } from "./picker.js";
import { Reactions } from "./reactions.js";
import { Toolbar } from "./toolbar.js";
import { clone, find } from "./page.js";
import { command } from "./wire.js";
import { listen } from "./letters.js";
import { onLongPress } from "./press.js";
import { say } from "./notice.js";

/** Sets it all up over the messages in `root`. `tools` are what deeds need (deeds.js), with `timeline`, `forward(row)` and
 * `redraw(seq)`. Returns what the room goes on with: {deeds, reactions, toolbar, picker}. */
export function setUp({ root, timeline, redraw, ...tools }) {
  const { me, room } = tools;
  const row = (article) => timeline.held.get(Number(article.dataset.seq));
  const picker = new Picker(find("picker"));
  const reactions = new Reactions({ me, room, ask: command, redraw, refused: say });
  const asked = { removal: dialogs.removal, edits: (one, back) => dialogs.edits(room, one, back), forward: tools.forward };
  const deeds = new Deeds({ ...tools, ask: command, say, picker, reactions, dialogs: asked });
  const given = (one) => reactions.of(one).find(([, people]) => people.includes(me))?.[0];
  const menu = new Menu({ element: find("menu"), deeds, given, react: (one, emoji) => reactions.toggle(one, emoji) });
  const held = () => menu.isOpen || picker.isOpen;
  const back = (article) => () => (article.isConnected ? article : null);
  const more = (one, anchor, article) => menu.open(one, { anchor, author: article.dataset.author, back: back(article) });
  const toolbar = new Toolbar({ root, element: clone("toolbar"), row, deeds, more, back, held });
  const act = (name, one, article) => deeds.do(name, one, { anchor: find("bubble", article), back: back(article) });

  listen(root, { row, act });
  onLongPress(root, (target) => target.closest("[data-message][data-seq]"), (article) => more(row(article), find("bubble", article), article));
  root.addEventListener("click", ({ target }) => {
    const article = target.closest("[data-message]");
    const one = article && row(article);
    const react = target.closest("[data-react]");
    if (one && react) reactions.toggle(one, react.dataset.react);
    if (one && target.closest("[data-edited]")) deeds.do("edits", one, { back: back(article) });
    if (one && target.closest("[data-reveal-message]")) reveal(one, room, redraw);
  });
  return { deeds, reactions, toolbar, picker };
}

/** Shows what somebody said whom this person blocked, because they asked for it. */
async function reveal(row, room, redraw) {
  try {
    const { message } = await api.message(room, row.seq);
    delete row.hidden;
    Object.assign(row, message);
    redraw(row.seq);
  } catch {
    say("That couldn’t be had just now. Please try again.");
  }
}
