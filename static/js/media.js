// The page of a room's pictures.
import { find } from "./page.js";
import { openPictures } from "./pictures.js";

const pictures = JSON.parse(document.getElementById("media-data").textContent);
if (pictures.length) openPictures({ root: find("media"), all: () => pictures });
