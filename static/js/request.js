// What stands between this person and a message here: the line in place of the composer, and a stranger's links.
import * as presence from "./presence.js";
import { find, findAll } from "./page.js";
import { socket } from "./wire.js";
import { time } from "./clock.js";

const WRITING = new Set(["free", "asking"]);

export class Standing {
  /** `posting`: as the page was drawn. `other`: the other one of a direct room, if any. */
  constructor({ room, posting, other }) {
    Object.assign(this, { room, posting, other, main: document.getElementById("main") });
    socket.on("membership.changed", (told) => this.#told(told));
    socket.on("ready", ({ memberships }) => memberships.forEach((told) => this.#told(told)));
    socket.on("presence.changed", (told) => told.user === other?.id && this.#seen(told.state));
    for (const press of ["click", "auxclick"]) find("log").addEventListener(press, (event) => this.#inert(event), true);
  }

  #told({ room, state, posting }) {
    if (room !== this.room) return;
    if (state === "declined") return location.assign("/"); // in another tab
    if (posting === this.posting) return;
    // Why one takes no messages oneself is known to the page only.
    if ([posting, this.posting].includes("blocking")) return location.reload();
    this.posting = posting;
    this.#show();
    presence.again(); // who may be seen goes with it
  }

  #show() {
    for (const line of findAll("when")) line.hidden = line.dataset.when !== this.posting;
    this.main.classList.toggle("is-mute", !WRITING.has(this.posting));
    this.main.classList.toggle("is-asked", this.posting === "asked");
  }

  /** Nobody follows a stranger's link by accident, or tells them so that they are here. */
  #inert(event) {
    if (this.posting === "asked" && event.target.closest("a")) event.preventDefault();
  }

  /** Who goes while one looks was last here now. */
  #seen(state) {
    const line = find("last-seen");
    if (line && state === "offline" && line.hidden) line.textContent = `Last seen ${time(new Date())}`;
    if (line) line.hidden = state === "online";
  }
}
