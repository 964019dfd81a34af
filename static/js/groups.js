// The pages of groups: find among the people one may tick, copy a link, upload a picture.
import { find, findAll } from "./page.js";
import { uploadAtOnce } from "./picture.js";
import { after } from "./seconds.js";

uploadAtOnce();
for (const fieldset of findAll("pick")) startPicking(fieldset);
for (const button of findAll("copy")) startCopying(button);

/** Shows those whose name has a word that begins as what is typed; whoever is ticked stays. */
function startPicking(fieldset) {
  const search = find("pick-search", fieldset);
  if (!search) return;
  search.hidden = false;
  const box = find("pick-text", search);
  box.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault()); // it would create the room
  box.addEventListener("input", () => {
    const typed = box.value.trim().toLowerCase();
    for (const line of findAll("pick-name", fieldset)) {
      const ticked = line.querySelector("input").checked;
      line.hidden = !ticked && !` ${line.dataset.pickName}`.includes(` ${typed}`);
    }
  });
}

function startCopying(button) {
  const box = find("link-text", button.parentElement);
  box.addEventListener("focus", () => box.select());
  if (!navigator.clipboard) return; // a site without TLS: the link can still be selected
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.value);
    const told = find("copied");
    told.textContent = "";
    told.textContent = "Link copied.";
    button.classList.add("is-done");
    after(2, () => button.classList.remove("is-done"));
  });
}
