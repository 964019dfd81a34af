// One socket to the server, for as long as the page lives: greeting, heartbeat, and coming back.
//
// Says "live" (after `ready`), "down", "fallback" (sockets don't get through: use HTTP), "signed-out", "ended" (with a
// sentence: it won't come back by itself), and every frame under its type.
import { switchboard } from "./signals.js";
import * as seconds from "./seconds.js";
import { after, every } from "./seconds.js";

const RETRY = 0;
const STOPS = { 4403: "This account can’t be used at the moment.", 4400: "Please reload this page: the site has a new version." };

export class Socket {
  #ws = null;
  #timers = { beat: null, wait: null, again: null, steady: null };
  #failures = 0; // in a row; they lengthen the wait
  #refused = 0; // handshakes that failed in a row; three mean that sockets don't get through
  #notBefore = 0;
  #owed = false; // a comparison somebody asked for before the connection was there
  live = false;
  cursors = () => ({});

  /** `session()` resolves to whether we are still signed in, and fails while the server can't be reached. */
  constructor({ url, session }) {
    Object.assign(this, { url, session }, switchboard());
  }

  /** Whether `frame` went out: only while live, and not once the connection has begun to close. */
  send(frame) {
    if (!this.live || this.#ws.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** Compares cursors with the server: what we lack comes as synced or reset. Now, or once we are connected. */
  reconcile() {
    this.#owed = !this.send(this.#hello());
  }

  #hello() {
    return { type: "hello", v: 1, cursors: this.cursors() };
  }

  /** Connects now, unless connected. */
  open() {
    if (this.#ws) return;
    clearTimeout(this.#timers.again);
    const ws = (this.#ws = new WebSocket(this.url));
    ws.onopen = () => this.#greet(ws);
    ws.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    ws.onclose = ({ code }) => this.#closed(code);
    this.#timers.wait = after(seconds.READY_WAIT, () => this.#hangUp());
  }

  #greet(ws) {
    if (ws.readyState !== WebSocket.OPEN) return;
    this.#owed = false;
    ws.send(JSON.stringify(this.#hello()));
  }

  /** Somebody is tired of waiting: gives a slow attempt up and makes a new one. */
  retry() {
    if (this.live) return;
    if (this.#ws) this.#hangUp();
    this.open();
  }

  /** Makes sure within `wait` seconds that somebody is there: a phone that slept has a socket that only looks open. */
  probe(wait = seconds.PONG_WAIT) {
    if (!this.send({ type: "ping" })) return;
    clearTimeout(this.#timers.wait);
    this.#timers.wait = after(wait, () => this.#hangUp());
  }

  #heard(frame) {
    if (this.live) clearTimeout(this.#timers.wait); // any frame is a sign of life
    if (frame.type === "ready") this.#ready();
    if (frame.type === "bye") this.#notBefore = Date.now() + frame.retry_after * 1000;
    this.emit(frame.type, frame);
    if (frame.type !== "ready") return;
    this.emit("live");
    if (this.#owed) this.reconcile(); // the greeting may have been sent before the room was on the page
  }

  #ready() {
    clearTimeout(this.#timers.wait);
    this.live = true;
    this.#refused = 0;
    this.#timers.beat = every(seconds.HEARTBEAT, () => this.probe());
    this.#timers.steady = after(seconds.STEADY, () => (this.#failures = 0));
  }

  /** Gives a silent connection up. A dead one may take minutes to say that it closed, so we don't wait to hear it. */
  #hangUp() {
    const ws = this.#ws;
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.close();
    this.#closed(1006);
  }

  #closed(code) {
    const { beat, wait, steady } = this.#timers;
    clearInterval(beat);
    for (const timer of [wait, steady]) clearTimeout(timer);
    if (!this.live) this.#refused += 1;
    this.live = false;
    this.#ws = null;
    this.emit("down", code);
    this.#comeBack(code);
  }

  #comeBack(code) {
    if (code === 4400 && firstReload()) location.reload();
    else if (STOPS[code]) this.emit("ended", STOPS[code]);
    else if (code === 4401 || (this.#refused > 0 && this.#refused % 3 === 0)) this.check();
    else this.#again(code === 4429 ? seconds.SLOW_DOWN : RETRY);
  }

  /** Are we still signed in? Only a clear no ends it: a server that is restarting says nothing at all. */
  async check() {
    const allowed = await this.session().catch(() => true);
    if (!allowed) return this.emit("signed-out");
    if (this.#refused >= 3) this.emit("fallback");
    this.#again();
  }

  /** Full jitter: after a restart everybody comes back, but not at the same moment. */
  #again(least = RETRY) {
    const longest = Math.min(seconds.BACKOFF_MAX, seconds.BACKOFF_FIRST * 2 ** this.#failures);
    this.#failures += 1;
    const told = (this.#notBefore - Date.now()) / 1000;
    clearTimeout(this.#timers.again);
    this.#timers.again = after(Math.max(least, told, Math.random() * longest), () => this.open());
  }
}

function firstReload() {
  const last = Number(sessionStorage.getItem("mychat-reloaded"));
  sessionStorage.setItem("mychat-reloaded", Date.now());
  return Date.now() - last > 60_000;
}
