// Signing out on purpose while messages still wait: asks whether to send, keep or delete them.
import { find, plural } from "./page.js";
import { outbox } from "./wire.js";

const dialog = find("signout");
let leaving = null; // the form that waits for the answer

export function start() {
  if (!dialog) return;
  document.addEventListener("submit", (event) => ask(event), true);
  dialog.addEventListener("close", () => decide(dialog.returnValue));
  outbox.on("gone", () => leaving && describe());
}

async function ask(event) {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || form.dataset.decided) return;
  event.preventDefault();
  leaving = form;
  await outbox.loaded;
  if (outbox.entries().length === 0) return go();
  dialog.returnValue = "";
  describe();
  dialog.showModal();
}

function describe() {
  const left = outbox.entries().length;
  find("signout-count", dialog).textContent = `${plural(left, "message")} of yours ${left === 1 ? "has" : "have"} not been sent yet.`;
  if (left === 0 && find("signout-send", dialog).disabled) dialog.close("keep");
}

function decide(answer) {
  if (answer === "delete") for (const { client_id } of outbox.entries()) outbox.discard(client_id);
  if (answer === "keep" || answer === "delete") go();
  else leaving = null;
  find("signout-send", dialog).disabled = false;
}

/** Stays open until everything has gone out; what was refused is tried once more. */
export function sendFirst() {
  find("signout-send", dialog).disabled = true;
  for (const entry of outbox.entries()) if (entry.state === "failed") outbox.retry(entry.client_id);
  outbox.drain();
}

/** The store forgets in its own time: a moment, so that nothing deleted comes back. */
function go() {
  leaving.dataset.decided = "yes";
  setTimeout(() => leaving.requestSubmit(), 150);
}

if (dialog) find("signout-send", dialog).addEventListener("click", sendFirst);
