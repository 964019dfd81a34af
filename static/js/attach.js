// The ways in which files come to a message: a button, the camera, the clipboard, and dropping them onto the room.
import * as parcels from "./parcels.js";
import { ask } from "./dialogs.js";
import { find } from "./page.js";
import { say } from "./notice.js";
import { Tray } from "./tray.js";

const touch = matchMedia("(pointer: coarse)");

/** Sets up all of them; what is chosen goes into the tray, and with the composer's next message. What is recorded is a
 * message of its own, by `send(message)`. */
export function attach({ room, composer, send }) {
  const limits = JSON.parse(document.getElementById("upload-limits").textContent);
  const focus = () => !touch.matches && composer.focus();
  const tray = new Tray({ element: find("tray"), room, limits, describe: (item) => describe(item, focus), moved: parcels.moved, left: focus });
  const add = (files) => {
    if (!files.length) return;
    tray.add(files);
    focus();
  };
  composer.join(tray);
  parcels.start();
  for (const name of ["files", "camera"]) button(name, add);
  composer.box.addEventListener("paste", (event) => pasted(event, add));
  droppable(document.getElementById("main"), find("drop"), add);
  recording(composer.form, (...said) => send({ body: "", attachments: [recorded(tray, ...said)] }));
  find("log").addEventListener("click", ({ target }) => {
    if (target.closest("[data-upload-cancel]")) parcels.cancel(target.closest("[data-upload]").dataset.upload);
  });
}

/** What records is fetched for the first message somebody speaks. */
function recording(form, send) {
  const button = find("record-button", form);
  button.hidden = !("MediaRecorder" in window && navigator.mediaDevices);
  button.addEventListener("click", async () => {
    try {
      const { record } = await import("./recorder.js");
      await record({ form, send });
    } catch {
      say("Recording couldn’t begin. Please try again.");
    }
  });
}

function recorded(tray, blob, name, more) {
  const upload = tray.watched({ blob, name, kind: "voice", more });
  upload.start();
  return upload.entry;
}

function button(name, add) {
  const input = find(`${name}-input`);
  find(`${name}-button`).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });
}

/** What also has text (a cell of a table, a part of a page) is pasted as text. */
function pasted(event, add) {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return;
  event.preventDefault();
  add([...files]);
}

/** Leaving a child tells of it after entering the next: counted, so that the sign doesn't flicker. */
function droppable(target, sign, add) {
  let depth = 0;
  const show = (inside) => {
    depth = inside;
    sign.hidden = depth === 0;
  };
  const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  target.addEventListener("dragenter", (event) => carriesFiles(event) && show(depth + 1));
  target.addEventListener("dragleave", (event) => carriesFiles(event) && show(Math.max(0, depth - 1)));
  target.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  target.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(0);
    add([...event.dataTransfer.files]);
  });
}

/** Asks what a picture shows, for those who can't see it. */
async function describe(item, focus) {
  const dialog = find("describe");
  const image = find("describe-picture", dialog);
  const box = find("describe-text", dialog);
  image.src = item.url ?? `/f/${item.file.id}/picture`;
  box.value = item.alt;
  if ((await ask(dialog)) === "save") item.describe(box.value);
  focus();
}
