"""The rules of the cursor, in the browser's own engine: whatever is lost, doubled or reordered on the way, what is
shown ends equal to the truth, and never had a hole before that."""

import pytest
from playwright.sync_api import Page

from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

# A world with one room: a server that knows the truth, and a wire that loses, doubles and mixes up.
WORLD = """
async ([seed, schedules]) => {
  const stream = await import("/static/js/stream.js");
  let state = seed;
  const random = () => {  // mulberry32: the same seed, the same schedule
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];

  function run() {
    const truth = [];  // {rev, row?}: a change without a row is one this person may not see
    const page = 1 + Math.floor(random() * 7);
    const far = 20 + Math.floor(random() * 60);
    const wire = [];
    let [cursor, shown, holes] = [stream.begin(0), new Map(), []];
    const within = (from, upto) => truth.filter(({ rev }) => rev > from && rev <= upto);
    const visible = (from, upto) => within(from, upto).filter(({ row }) => row).map(({ row }) => row);

    function answer(since) {
      const upto = truth.length;
      if (upto - since > far) return { type: "reset", upto, rows: visible(upto - 10, upto) };
      const rows = visible(since, upto);
      if (rows.length > page) return { type: "synced", rows: rows.slice(0, page), more: true };
      return { type: "synced", rows, more: false, upto };
    }
    function hear(frame) {
      let result;
      if (frame.type === "synced") result = stream.synced(cursor, frame);
      else if (frame.type === "reset") result = stream.reset(cursor, frame);
      else result = stream.heard(cursor, frame);
      if (result.fresh) for (const seq of [...shown.keys()]) if (seq <= frame.upto) shown.delete(seq);
      cursor = result.state;
      for (const row of result.rows) shown.set(row.seq, row);
      if (result.ask) wire.push(answer(cursor.cursor));
      check();
    }
    // What is shown must be every visible row between the oldest shown and the cursor.
    function check() {
      const oldest = Math.min(...shown.keys());
      const due = visible(oldest - 1, cursor.cursor).map(({ seq }) => seq).join();
      const got = [...shown.keys()].sort((a, b) => a - b).join();
      if (shown.size && due !== got) holes.push({ due, got, cursor: cursor.cursor });
    }
    for (let step = 0; step < 120; step += 1) {
      const dice = random();
      if (dice < 0.4) {
        const rev = truth.length + 1;
        truth.push(random() < 0.1 ? { rev } : { rev, row: { seq: rev, rev } });
        const frame = truth.at(-1);
        if (random() > 0.2) wire.push(frame);
        if (random() < 0.1) wire.push(frame);
      } else if (dice < 0.9 && wire.length) {
        const at = random() < 0.3 ? Math.floor(random() * wire.length) : 0;
        const [frame] = wire.splice(at, 1);
        if (random() > 0.1) hear(frame);
      } else if (dice < 0.94) {
        wire.length = 0;  // the connection broke, and a new one says hello
        cursor = stream.forget(cursor);
        wire.push(answer(cursor.cursor));
      }
    }
    cursor = stream.forget(cursor);
    wire.length = 0;
    wire.push(answer(cursor.cursor));
    while (wire.length) hear(wire.shift());
    const oldest = shown.size ? Math.min(...shown.keys()) : 1;
    const due = visible(oldest - 1, truth.length).map(({ seq }) => seq);
    const got = [...shown.keys()].sort((a, b) => a - b);
    return { ok: due.join() === got.join() && cursor.cursor === truth.length && holes.length === 0, due, got, holes };
  }
  for (let schedule = 0; schedule < schedules; schedule += 1) {
    const result = run();
    if (!result.ok) return { schedule, ...result };
  }
  return "all equal to the truth";
}
"""


@pytest.mark.parametrize("seed", range(4))
def test_any_schedule_ends_equal_to_the_truth(site: Site, page: Page, seed: int) -> None:
    page.goto(f"{site.url}/accounts/login/")
    assert page.evaluate(WORLD, [seed * 1_000_003 + 7, 150]) == "all equal to the truth"


STEPS = """
async (steps) => {
  const stream = await import("/static/js/stream.js");
  let state = stream.begin(5);
  const row = (rev) => ({ seq: rev, rev });
  const seen = [];
  for (const [kind, value] of steps) {
    const result = kind === "heard" ? stream.heard(state, { rev: value, row: row(value) })
      : kind === "advanced" ? stream.heard(state, { rev: value })
      : kind === "synced" ? stream.synced(state, { ...value, rows: value.rows.map(row) })
      : stream.reset(state, { ...value, rows: value.rows.map(row) });
    state = result.state;
    seen.push([result.rows.map(({ rev }) => rev), state.cursor, result.ask, result.fresh]);
  }
  return seen;
}
"""


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([["heard", 6]], [[[6], 6, False, False]], id="the next change is shown"),
        pytest.param([["heard", 5]], [[[], 5, False, False]], id="a change from before is ignored"),
        pytest.param(
            [["heard", 8]], [[[], 5, True, False]], id="a change after a hole waits, and the hole is asked for"
        ),
        pytest.param(
            [["heard", 8], ["heard", 7], ["heard", 6]],
            [[[], 5, True, False], [[], 5, False, False], [[6, 7, 8], 8, False, False]],
            id="a hole that fills by itself is asked for once",
        ),
        pytest.param(
            [["heard", 8], ["synced", {"rows": [6, 7], "more": False, "upto": 7}]],
            [[[], 5, True, False], [[6, 7, 8], 8, False, False]],
            id="what was held follows what was missed",
        ),
        pytest.param(
            [["synced", {"rows": [6, 7], "more": True}], ["synced", {"rows": [9], "more": False, "upto": 12}]],
            [[[6, 7], 7, True, False], [[9], 12, False, False]],
            id="the cursor goes to the last row of a page, and to upto at the end",
        ),
        pytest.param(
            [["heard", 6], ["heard", 7], ["synced", {"rows": [6], "more": False, "upto": 6}]],
            [[[6], 6, False, False], [[7], 7, False, False], [[], 7, False, False]],
            id="an answer that comes too late never turns back",
        ),
        pytest.param([["advanced", 6]], [[[], 6, False, False]], id="what one may not see only moves the cursor"),
        pytest.param(
            [["heard", 2001], ["reset", {"rows": [1999, 2000], "upto": 2000}]],
            [[[], 5, True, False], [[1999, 2000, 2001], 2001, False, True]],
            id="a reset replaces what was there",
        ),
    ],
)
def test_one_step_at_a_time(site: Site, page: Page, steps: list, expected: list) -> None:
    page.goto(f"{site.url}/accounts/login/")
    assert page.evaluate(STEPS, steps) == expected
