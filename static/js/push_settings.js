// The settings' row of this browser: whether it shows notifications, and how to make it.
import * as push from "./push.js";
import { find } from "./page.js";

const row = find("push");
const WORDS = {
  on: "On. Only while you look elsewhere.",
  off: "Off.",
  denied: "Blocked in this browser. To allow it: the sign beside the address, then Notifications.",
  install: "On iPhone and iPad, first add this site to the home screen (Share, then Add to Home Screen), and open it there.",
  never: "This browser can’t show notifications from web pages.",
};

function show(state) {
  const broken = state === "on" && find("push-dead=here") !== null;
  find("push-state").textContent = broken ? "No longer reached." : WORDS[state];
  find("push-on", row).hidden = !(state === "off" || broken);
  find("push-on", row).textContent = broken ? "Repair" : "Switch on";
  find("push-test", row).hidden = find("push-off", row).hidden = state !== "on" || broken;
}

/** Says what went wrong in the row, and lets the button be pressed again. */
function does(hook, work) {
  find(hook, row).addEventListener("click", async ({ currentTarget }) => {
    currentTarget.disabled = true;
    try {
      await work();
    } catch {
      find("push-state").textContent = "That didn’t work. Please try again in a moment.";
    }
    currentTarget.disabled = false;
  });
}

does("push-on", async () => {
  const after = await push.switchOn({ anew: find("push-dead=here") !== null });
  if (after === "on") location.replace(`${location.pathname}?saved=browser#notifications`);
  show(after);
});
does("push-off", async () => {
  show(await push.switchOff());
  location.replace(`${location.pathname}#notifications`);
  location.reload();
});
does("push-test", async () => {
  const sent = await push.test();
  find("push-state").textContent = sent ? "A notification is on its way. It may take a few seconds." : "Please wait a moment, and try again.";
});
push.state().then(show);
