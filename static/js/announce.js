// What a screen reader hears of the open room: arrivals, in a region of their own, and failures. Bursts are summed up.
import { find } from "./page.js";
import { after } from "./seconds.js";

const BURST = 5; // seconds
const FEW = 3;
const recent = [];
let burst = null;

/** An arrival: "Noor: text"; more than three in five seconds become "5 new messages". */
export function arrived(author, body) {
  const now = Date.now();
  while (recent.length && now - recent[0] > BURST * 1000) recent.shift();
  recent.push(now);
  if (recent.length <= FEW) return say(find("polite"), `${author}: ${body}`);
  burst ??= after(1, () => {
    burst = null;
    say(find("polite"), `${recent.length} new messages`);
  });
}

/** Something went wrong with what this person wrote. */
export const failed = (reason) => say(find("assertive"), `Message not sent. ${reason ?? ""}`);

function say(region, text) {
  const line = document.createElement("p");
  line.textContent = text;
  region.append(line);
  after(BURST, () => line.remove());
}
