"""The cursor's rules in Python: by themselves, and held to the browser's own module on random schedules."""

import random
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.rules.stream import HOLD, Frame, Row, Stream
from tests.servers import Site

ROOM = "room"


def row(rev: int, seq: int | None = None) -> Row:
    return {"seq": seq or rev, "rev": rev}


def posted(rev: int, seq: int | None = None) -> Frame:
    return {"type": "message.posted", "room": ROOM, "rev": rev, "message": row(rev, seq)}


def advanced(rev: int) -> Frame:
    return {"type": "room.advanced", "room": ROOM, "rev": rev}


def synced(revs: list[int], upto: int | None = None) -> Frame:
    frame = {"type": "synced", "room": ROOM, "rows": [row(rev) for rev in revs], "more": upto is None}
    return frame if upto is None else {**frame, "upto": upto}


def reset(revs: list[int], upto: int) -> Frame:
    return {"type": "reset", "room": ROOM, "rows": [row(rev) for rev in revs], "upto": upto}


def seqs(stream: Stream) -> list[int]:
    return [one["seq"] for one in stream.view()]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("frames", "shown", "cursor", "asks"),
    [
        pytest.param([posted(6)], [6], 6, [], id="the next change is shown"),
        pytest.param([posted(5)], [], 5, [], id="a change from before is ignored"),
        pytest.param([posted(8)], [], 5, [5], id="a change after a hole waits, and the hole is asked for"),
        pytest.param([posted(8), posted(7), posted(6)], [6, 7, 8], 8, [5], id="a hole that fills by itself"),
        pytest.param([posted(8), synced([6, 7], 7)], [6, 7, 8], 8, [5], id="what was held follows what was missed"),
        pytest.param([synced([6, 7]), synced([9], 12)], [6, 7, 9], 12, [7], id="to the last row, at last to upto"),
        pytest.param([posted(6), posted(7), synced([6], 6)], [6, 7], 7, [], id="an answer too late never turns back"),
        pytest.param([advanced(6)], [], 6, [], id="what one may not see only moves the cursor"),
        pytest.param([posted(6), posted(7, seq=6)], [6], 7, [], id="a later change of a row takes its place"),
        pytest.param([posted(6), reset([8, 9], 9)], [8, 9], 9, [], id="a reset replaces what was there"),
        pytest.param([posted(2001), reset([2000], 2000)], [2000, 2001], 2001, [5], id="what was held follows a reset"),
        pytest.param(
            [reset([8, 9], 9), posted(10, seq=3)],
            [8, 9],
            10,
            [],
            id="a change of what was let go",
        ),
        pytest.param([posted(9), synced([6], 6)], [6], 6, [5, 6], id="what is still missing is asked for again"),
    ],
)
def test_one_step_at_a_time(frames: list[Frame], shown: list[int], cursor: int, asks: list[int]) -> None:
    stream = Stream(ROOM, cursor=5)

    sent = [command for frame in frames for command in stream.heard(frame)]

    assert (seqs(stream), stream.cursor) == (shown, cursor)
    assert sent == [{"type": "sync", "room": ROOM, "since": since} for since in asks]


@pytest.mark.unit
def test_what_waits_is_bounded_and_the_next_change_always_gets_in() -> None:
    stream = Stream(ROOM)
    for rev in range(2, HOLD + 100):
        stream.heard(posted(rev))
    assert len(stream.held) == HOLD

    stream.heard(posted(1))

    assert stream.cursor == HOLD + 1


@pytest.mark.unit
def test_a_lost_answer_is_asked_for_again() -> None:
    stream = Stream(ROOM)
    assert stream.heard(posted(3))
    assert not stream.heard(posted(4))

    stream.forget()

    assert stream.heard(posted(5)) == [{"type": "sync", "room": ROOM, "since": 0}]


# The browser's module, with the rows that its answers put on the screen.
TWIN = """
async (schedules) => {
  const stream = await import("/static/js/stream.js");
  const step = { "message.posted": (state, { rev, message }) => stream.heard(state, { rev, row: message }),
    "room.advanced": (state, { rev }) => stream.heard(state, { rev }), synced: stream.synced, reset: stream.reset,
    forget: (state) => ({ state: stream.forget(state), rows: [] }) };
  return schedules.map((frames) => {
    let state = stream.begin(0);
    const shown = new Map();
    let first = 0;
    return frames.map((frame) => {
      const answer = step[frame.type](state, frame);
      if (answer.fresh) {
        for (const seq of [...shown.keys()]) if (seq <= frame.upto) shown.delete(seq);
        first = Math.min(frame.upto + 1, ...frame.rows.map(({ seq }) => seq));
      }
      for (const row of answer.rows) if (row.seq >= first) shown.set(row.seq, row.rev);
      state = answer.state;
      const held = [...state.held.keys()].sort((a, b) => a - b);
      return [[...shown].sort(([a], [b]) => a - b), state.cursor, held, state.asked, Boolean(answer.ask)];
    });
  });
}
"""


def schedule(dice: random.Random) -> list[Frame]:
    """Frames as a bad day brings them: near the front of a room, but lost, doubled, swapped, late, or contradictory."""
    last, frames = 0, []
    for _ in range(60):
        last += dice.choice([0, 1, 1, 2])
        rev = max(1, last + dice.choice([-6, -2, -1, 0, 0, 0, 0, 1, 3]))
        revs = [one for one in range(max(1, rev - dice.randrange(6)), rev + 1) if dice.random() < 0.8]
        make: list[Frame] = [
            *3 * [posted(rev, seq=rev if dice.random() < 0.8 else dice.randint(1, rev))],
            advanced(rev),
            synced(revs),
            synced(revs, rev + dice.randrange(3)),
            reset(revs, rev),
            {"type": "forget"},
        ]
        frames.append(dice.choice(make))
    return frames


def followed(frames: list[Frame]) -> list[Any]:
    """What the Python rules make of a schedule, as `TWIN` tells it."""
    stream, told = Stream(ROOM), []
    for frame in frames:
        commands = stream.forget() or [] if frame["type"] == "forget" else stream.heard(frame)
        shown = [[one["seq"], one["rev"]] for one in stream.view()]
        told.append([shown, stream.cursor, sorted(stream.held), stream.asked, bool(commands)])
    return told


@pytest.mark.site
@pytest.mark.browser
def test_the_browsers_module_does_the_same(site: Site, page: Page) -> None:
    dice = random.Random(20261121)
    schedules = [schedule(dice) for _ in range(400)]
    page.goto(f"{site.url}/accounts/login/")

    theirs = page.evaluate(TWIN, schedules)

    for frames, theirs_told in zip(schedules, theirs, strict=True):
        for at, (mine, told) in enumerate(zip(followed(frames), theirs_told, strict=True)):
            assert mine == told, f"apart after {frames[: at + 1]}"
