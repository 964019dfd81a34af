"""The outbox by itself, in the browser's own engine: in order, one at a time, and nothing lost."""

import pytest
from playwright.sync_api import Page

from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

# A server that stores each client_id once; a wire that answers late, loses answers, or refuses for a while.
WORLD = """
async ([seed, schedules]) => {
  const { Outbox } = await import("/static/js/outbox.js");
  let state = seed;
  const random = () => ((state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
  const nap = () => new Promise((resolve) => setTimeout(resolve, 0));

  async function run() {
    const kept = new Map();
    const store = {
      keep: async (entry) => (await nap(), kept.set(entry.client_id, { ...entry }), true),
      forget: async (id) => (kept.delete(id), true),
      all: async () => [...kept.values()].sort((a, b) => a.at - b.at),
    };
    const stored = { one: [], two: [] };
    const seen = new Set();
    const flying = { one: 0, two: 0 };
    let [up, tooMany, wire] = [true, false, []];
    const post = (entry) => {
      if (!up) return false;
      flying[entry.room] += 1;
      if (wire.some((each) => each.entry.room === entry.room)) tooMany = true;
      wire.push({ entry });
      return true;
    };
    const build = () => new Outbox({ user: "me", tab: "tab", store, channel: null, locks: null, post });
    let outbox = build();
    await outbox.start();
    const typed = { one: [], two: [] };
    const serve = ({ entry }) => {
      const { client_id, room, body } = entry;
      if (random() < 0.1) return outbox.refused({ client_id, code: "slow_down", message: "", retry_after: 0 });
      if (!seen.has(client_id)) {
        if (random() < 0.1) return outbox.refused({ client_id, code: "bad_text", message: "No." });
        seen.add(client_id);
        stored[room].push(body);
      }
      if (random() < 0.8) return outbox.acked({ client_id, room });
      [wire, up] = [[], false];  // the answer was lost with its connection
      outbox.dropped();
    };
    const step = () => {
      if (wire.length) serve(wire.shift());
      else if (!up) (up = true), outbox.drain();
    };
    for (let count = 0; count < 40; count += 1) {
      const room = random() < 0.7 ? "one" : "two";
      if (random() < 0.5) {
        typed[room].push(String(count));
        outbox.add(room, { body: String(count) });
      } else step();
      if (random() < 0.1) await nap();
      if (random() < 0.03) {  // the page is loaded anew
        await nap(); await nap(); await nap();
        [wire, up] = [[], true];
        outbox = build();
        await outbox.start();
      }
    }
    let failed = [];
    for (let count = 0; count < 400; count += 1) {
      step();
      await nap();
      if (!outbox.waiting().length && !wire.length) break;
    }
    failed = outbox.entries().map(({ body }) => body);
    for (const room of ["one", "two"]) {
      const due = typed[room].filter((body) => !failed.includes(body)).join();
      if (due !== stored[room].join()) return { room, due, got: stored[room].join(), failed };
    }
    if (tooMany) return "two of one room were under way at once";
    return null;
  }
  for (let schedule = 0; schedule < schedules; schedule += 1) {
    const wrong = await run();
    if (wrong) return { schedule, wrong };
  }
  return "all in order, once";
}
"""


@pytest.mark.parametrize("seed", [11, 23])
def test_what_is_stored_is_what_was_typed_in_order_and_once(site: Site, page: Page, seed: int) -> None:
    page.goto(f"{site.url}/accounts/login/")
    assert page.evaluate(WORLD, [seed, 30]) == "all in order, once"
