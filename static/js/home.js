// The list of conversations on its own: its keys. Everything else is live.js, as on every page.
import * as keyboard from "./keyboard.js";

keyboard.start();
