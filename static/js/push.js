// Web Push in this browser: whether it can be, switching it on and off, and keeping the server's word of it right.
import { csrf, me, notes } from "./page.js";
import { registered } from "./install.js";

const MARK = "mychat-push"; // whose notifications this browser shows

/** "on", "off", "denied" (by the browser), "install" (iOS, before it is on the home screen) or "never". */
export async function state() {
  const worker = await registered;
  if (!worker?.pushManager || !("Notification" in window)) return /iP(hone|ad|od)/.test(navigator.userAgent) ? "install" : "never";
  if (Notification.permission === "denied") return "denied";
  return notes.read(MARK) === me && (await worker.pushManager.getSubscription()) ? "on" : "off";
}

/** Asks the browser, if need be, and subscribes: `anew` where the old subscription is no longer reached. Call it from a
 * click. Resolves to the state after it. */
export async function switchOn({ anew = false } = {}) {
  const allowed = await Notification.requestPermission();
  if (allowed === "granted") await subscribe(anew);
  return state();
}

export async function switchOff() {
  const subscription = await (await registered)?.pushManager?.getSubscription();
  notes.write(MARK, "");
  if (subscription) {
    await post("unsubscribe", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  return state();
}

/** Asks for a notification in this browser. Resolves to whether one is on its way. */
export const test = () => post("test", {});

/** Browsers renew subscriptions, and we our key: once in a tab's life both sides compare. */
export async function renew() {
  if (notes.read(MARK) !== me || globalThis.Notification?.permission !== "granted") return;
  if (sessionStorage.getItem(MARK)) return;
  await subscribe().catch(() => {}); // no network now: the next tab tries again
  sessionStorage.setItem(MARK, "renewed");
}

async function subscribe(anew = false) {
  const { pushManager } = await registered;
  const { key } = await (await fetch("/api/push/key")).json();
  const wanted = bytes(key);
  let subscription = await pushManager.getSubscription();
  if (subscription && (anew || !same(subscription.options.applicationServerKey, wanted))) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
  if (await post("subscribe", subscription)) notes.write(MARK, me);
}

async function post(what, data) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  return (await fetch(`/api/push/${what}`, { method: "POST", headers, body: JSON.stringify(data) })).ok;
}

const bytes = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const same = (buffer, wanted) => buffer !== null && new Uint8Array(buffer).join() === wanted.join();
