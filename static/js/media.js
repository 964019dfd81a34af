// The page of a room's pictures.
import { find } from "./page.js";
import { lightbox } from "./lightbox.js";

const pictures = JSON.parse(document.getElementById("media-data").textContent);
if (pictures.length) lightbox({ root: find("media"), all: () => pictures });
