// The files of a message: pictures in a grid, recordings, everything else as cards, and what is still on its way.
import { bytes, clock, described } from "./filesize.js";
import { clone, find } from "./page.js";
import { player } from "./voice.js";
import { fileUrl, previews, uploads } from "./upload.js";

const WIDEST = 400; // pixels of a single picture in a bubble
const HIGHEST = 420;
const LEAST = 120;
const drawn = new WeakMap(); // article -> what was drawn, so that what stays isn't drawn again

/** The address of a picture as the timeline shows it. */
const smallUrl = (file) => previews.get(file.id) ?? fileUrl(file, file.thumb ? "thumb" : "");

/** Draws the row's files above its text; takes them away where there are none. */
export function drawFiles(article, { attachments: files = [], removed, hidden }) {
  const shown = removed || hidden ? [] : files;
  const bubble = find("bubble", article);
  bubble.classList.toggle("has-pics", shown.some(isPicture));
  bubble.classList.toggle("has-files", shown.length > 0);
  const said = JSON.stringify(shown);
  if (drawn.get(article) === said || (!shown.length && !find("files", article))) return;
  drawn.set(article, said);
  find("files", article)?.remove();
  const text = find("text", article);
  article.setAttribute("aria-describedby", text.id);
  if (!shown.length) return;
  const box = boxOf(shown);
  box.id = `${text.id}-files`;
  text.before(box);
  article.setAttribute("aria-describedby", `${box.id} ${text.id}`);
}

function boxOf(files) {
  const box = clone("files");
  const pictures = files.filter(isPicture);
  if (pictures.length) box.append(gridOf(pictures));
  box.append(...files.filter((file) => !isPicture(file)).map((file) => (file.id ? (file.kind === "voice" ? player(file) : card(file)) : uploadCard(file))));
  return box;
}

const isPicture = (file) => file.kind === "image" && Boolean(file.id);

/** One picture in its own proportions, several as tiles. */
function gridOf(pictures) {
  const grid = clone("pictures");
  grid.dataset.count = pictures.length;
  grid.classList.toggle("pics--many", pictures.length > 1);
  grid.append(...pictures.map((file) => picture(file, pictures.length === 1)));
  return grid;
}

/** A link to a picture. Its size is known before it is here, so that nothing moves when it comes. */
export function picture(file, alone = false) {
  const link = clone("picture");
  const image = find("image", link);
  const [width, height] = alone ? fitted(file) : [file.width, file.height];
  Object.assign(image, { width, height, alt: file.alt ?? "" });
  image.src = smallUrl(file);
  link.href = fileUrl(file);
  link.dataset.picture = file.id;
  link.setAttribute("aria-label", file.alt ? `Picture: ${file.alt}` : `Picture ${file.name}, without a description`);
  find("moving", link).hidden = !file.seconds;
  return link;
}

function fitted({ width, height }) {
  const scale = Math.min(1, WIDEST / width, HIGHEST / height);
  return [Math.max(LEAST, Math.round(width * scale)), Math.max(LEAST / 2, Math.round(height * scale))];
}

/** A file to save. */
export function card(file) {
  const element = clone("file-card");
  find("file-name", element).textContent = file.name;
  find("file-size", element).textContent = described(file);
  const link = find("file-save", element);
  link.href = fileUrl(file, "save");
  link.title = `Download ${file.name}`;
  find("file-words", link).textContent = `Download ${file.name}`;
  return element;
}

/** A file on its way. */
function uploadCard(file) {
  const element = clone("upload-card");
  element.dataset.upload = file.key;
  find("file-name", element).textContent = file.kind === "voice" ? `Voice message, ${clock(file.seconds)}` : file.name;
  find("upload-bar", element).setAttribute("aria-label", `Uploading ${file.name}`);
  if (file.kind !== "image") element.querySelector("[data-upload-icon] use").setAttribute("href", "#file-text");
  find("upload-words", element).textContent = `Cancel ${file.name}`;
  progressed(element, uploads.get(file.key) ?? { ...file, sent: 0 });
  return element;
}

/** Shows how far an upload is. */
export function progressed(element, { sent, size, state }) {
  const bar = find("upload-bar", element);
  bar.max = Math.max(1, size);
  bar.value = sent;
  find("file-size", element).textContent = state === "stopped" ? "Waiting for the connection" : sent < size ? `${bytes(sent)} of ${bytes(size)}` : "Almost there";
}
