// Every signed-in page: the socket, the inbox and its badges, presence, its keys, and signing out with care.
import * as connection from "./connection.js";
import * as drafts from "./drafts.js";
import * as folds from "./folds.js";
import * as inbox from "./inbox.js";
import * as keyboard from "./keyboard.js";
import * as linemenu from "./linemenu.js";
import * as mute from "./mute.js";
import * as presence from "./presence.js";
import * as receipts from "./receipts.js";
import * as requests from "./requests.js";
import * as signout from "./signout.js";
import * as viewport from "./viewport.js";
import { drawTime } from "./conversation.js";
import { find, findAll } from "./page.js";
import { start } from "./wire.js";

for (const part of [folds, connection, receipts, requests, drafts, inbox, linemenu, mute, presence, signout, viewport, keyboard]) part.start();
start();
for (const line of findAll("at", find("inbox") ?? new DocumentFragment())) if (line.dataset.at) drawTime(line, new Date(line.dataset.at));
