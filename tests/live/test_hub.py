"""The hub alone: order, holes, and who hears what, with sockets that only remember."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from chat.live import bus, hub, watchers
from chat.live.hub import Hub, LocalRoom
from chat.live.rounds import Rounds
from tests.threads import in_a_loop

pytestmark = pytest.mark.unit


class Ear:
    """A socket that remembers what it was told."""

    def __init__(self, name: str, user_id: int) -> None:
        self.id, self.user_id = name, user_id
        self.public_id = f"person{user_id}"
        self.session_key, self.epoch = f"session-{name}", 0
        self.heard_at = 0.0
        self.watching: frozenset[int] = frozenset()
        self.blocks: frozenset[str] | None = None
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None

    def deliver(self, data: bytes, room: LocalRoom | None = None) -> None:
        self.heard.append(json.loads(data))

    def close(self, code: int) -> None:
        self.closed = code

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(frame["type"], frame.get("rev", 0)) for frame in self.heard]


def row(rev: int, *, origin: str | None = None, seq: int | None = None) -> bus.Item:
    text = b'{"rev": %d}' % rev
    ack = b'{"type": "ack", "room": "room", "rev": %d}' % rev
    place = {"room_id": 1, "room": "room", "rev": rev, "seq": seq or rev}
    return {"kind": "row", **place, "row": text, "ack": ack, "origin": origin}


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, bus.Item]]:
    """What the database has: rows by number. Reading it is counted."""
    rows: dict[int, bus.Item] = {}

    def missing(room_id: int, since: int, limit: int) -> tuple[int, dict[int, bus.Item] | None]:
        last = max(rows, default=since)
        return last, None if last - since > limit else {rev: item for rev, item in rows.items() if rev > since}

    async def at_once(function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    monkeypatch.setattr(hub, "missing_items", missing)
    for module in (hub, watchers):
        monkeypatch.setattr(module, "in_database", at_once)
    monkeypatch.setattr(Rounds, "_work", lambda self: [])
    hub.counts.clear()
    yield rows
    bus.detach()


def run(story: Any) -> None:
    async def tell() -> None:
        one = Hub()
        alice, phone, bob = Ear("alice", 1), Ear("phone", 1), Ear("bob", 2)
        for ear in (alice, phone, bob):
            one.register(ear)
            one.join(ear, 1, "room", 0, 0)
        await story(one, alice, phone, bob)

    in_a_loop(tell())


def test_rows_in_order_are_passed_on_at_once(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1, origin="alice"), row(2, origin="bob"), row(3)])

        assert alice.told == [("ack", 1), ("message.posted", 2), ("message.posted", 3)]
        assert phone.told == [("message.posted", 1), ("message.posted", 2), ("message.posted", 3)]
        assert bob.told == [("message.posted", 1), ("ack", 2), ("message.posted", 3)]

    run(story)


def test_doubled_and_late_rows_are_passed_on_once(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1), row(1), row(2), row(1), row(2)])

        assert bob.told == [("message.posted", 1), ("message.posted", 2)]

    run(story)


def test_reordered_rows_wait_for_each_other_and_ask_nobody(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(3), row(2, origin="alice")])
        assert bob.told == []
        one.accept([row(1)])
        assert alice.told == [("message.posted", 1), ("ack", 2), ("message.posted", 3)]
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        assert bob.told == [("message.posted", 1), ("message.posted", 2), ("message.posted", 3)]
        assert hub.counts["fills"] == 0

    run(story)


def test_a_lost_row_is_read_from_the_database_once(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        truth.update({rev: row(rev) for rev in range(1, 6)})
        one.accept([row(2), row(4, origin="alice"), row(5)])
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        expected = [("message.posted", rev) for rev in range(1, 6)]
        assert bob.told == phone.told == expected
        assert alice.told == [*expected[:3], ("ack", 4), expected[4]]
        assert hub.counts["fills"] == 1

    run(story)


def test_a_row_that_comes_while_a_hole_is_filled_is_not_forgotten(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        truth.update({rev: row(rev) for rev in (1, 2)})
        one.rooms[1].filling = True  # the database is being asked
        one.accept([row(2), row(4)])
        await one.fill(one.rooms[1])
        truth.update({rev: row(rev) for rev in (3, 4)})
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        assert bob.told == [("message.posted", rev) for rev in range(1, 5)]

    run(story)


def test_who_goes_may_be_seen_going_by_everybody(truth: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "presence_audience", lambda *, user_id, viewer_ids: viewer_ids & {1})

    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        for ear in (alice, bob):
            one.watchers.watch(ear, frozenset({7}))

        def told(kind: str, state: str) -> bus.Item:
            return {"kind": kind, "user_id": 7, "frame": {"type": "presence.changed", "user": "p7", "state": state}}

        for item in (told("presence", "online"), told("presence", "offline"), told("hidden", "offline")):
            one.accept([item])
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        assert [frame["state"] for frame in alice.heard] == ["online", "offline"]
        assert [frame["state"] for frame in bob.heard] == ["offline", "offline"]

    run(story)


def test_a_superseded_number_is_told_as_a_number(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        truth.update({2: row(2)})
        one.accept([row(2)])
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        assert bob.told == [("room.advanced", 1), ("message.posted", 2)]

    run(story)


def test_far_behind_the_sockets_are_told_to_ask(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        truth.update({rev: row(rev) for rev in (1, 700)})
        one.accept([row(700), row(701)])
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        assert bob.told == [("synced", 0), ("message.posted", 701)]
        assert bob.heard[0]["more"]  # not the bare number: who lacks only that one would take it for nothing to see

    run(story)


def test_what_lies_before_a_members_time_is_a_number_to_them(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.join(bob, 1, "room", 0, floor=2)
        one.accept([row(1), row(2)])

        assert bob.told == [("room.advanced", 1), ("message.posted", 2)]
        assert "message" not in bob.heard[0]

    run(story)


def test_a_sender_whose_row_is_old_news_still_hears_ack(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1)])
        one.accept([row(1, origin="alice")])

        assert alice.told == [("message.posted", 1), ("ack", 1)]
        assert bob.told == [("message.posted", 1)]

    run(story)


def test_who_left_hears_nothing_more(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        gone = {
            "kind": "membership",
            "user_id": 2,
            "room_id": 1,
            "membership_id": 9,
            "version": 2,
            "inside": False,
            "floor": 0,
            "rev": 1,
            "frame": {"type": "membership.changed", "room": "room", "state": "removed"},
        }
        one.accept([row(1), gone, row(2)])

        assert bob.told == [("message.posted", 1), ("membership.changed", 0)]
        assert one.room_of(bob, "room") is None
        assert alice.told == [("message.posted", 1), ("message.posted", 2)]

    run(story)


def test_word_of_a_place_that_was_overtaken_lets_nobody_in(truth: dict) -> None:
    def place(version: int, *, inside: bool) -> bus.Item:
        frame = {"type": "membership.changed", "room": "room", "version": version}
        return {
            "kind": "membership",
            "user_id": 2,
            "room_id": 1,
            "membership_id": 9,
            "version": version,
            "inside": inside,
            "floor": 0,
            "rev": 0,
            "frame": frame,
        }

    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([place(3, inside=False), place(2, inside=True), row(1)])

        assert bob.told == [("membership.changed", 0)]
        assert alice.told == [("message.posted", 1)]

    run(story)


def test_a_revocation_closes_that_session_or_all(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([{"kind": "revoked", "user_id": 1, "reason": "signed_out", "session_key": "session-phone"}])
        assert (alice.closed, phone.closed, bob.closed) == (None, 4401, None)

        one.accept([{"kind": "revoked", "user_id": 1, "reason": "password_changed", "session_key": None}])
        assert (alice.closed, bob.closed) == (4401, None)

    run(story)


def test_items_of_a_newer_release_are_ignored(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([{"kind": "telepathy"}, row(1)])

        assert bob.told == [("message.posted", 1)]

    run(story)


def test_a_socket_that_is_gone_leaves_nothing_behind(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        for ear in (alice, phone, bob):
            one.unregister(ear)

        assert not one.sockets
        assert not one.rooms
        assert not one.by_public_id
        assert not one.by_user

    run(story)


def test_joining_says_when_the_room_went_on_meanwhile(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(1)])
        late = Ear("late", 2)
        one.register(late)

        assert one.join(late, 1, "room", 0, 0) is False
        assert one.join(late, 1, "room", 1, 0) is True

    run(story)


def test_what_goes_by_between_reading_and_joining_is_made_up_for(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        for ear in (alice, phone, bob):
            one.unregister(ear)
        one.accept([row(1)])  # nobody opens: nobody cares
        with one.while_opening():
            truth.update({rev: row(rev) for rev in (1, 2)})  # bob has read the room at 1
            one.accept([row(2)])
            one.register(bob)
            one.join(bob, 1, "room", 1, 0)
        await asyncio.sleep(hub.HOLD_SECONDS)

        assert bob.told == [("message.posted", 2)]

    run(story)


def test_what_is_read_for_a_room_that_everybody_left_is_not_taken_for_the_next_ones(
    truth: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        async def meanwhile(function: Any, *args: Any) -> Any:
            found = function(*args)
            for ear in (alice, phone, bob):
                one.unregister(ear)
            truth.update({rev: row(rev) for rev in (3, 4)})
            one.join(bob, 1, "room", 4, 0)
            return found

        truth.update({rev: row(rev) for rev in (1, 2)})
        monkeypatch.setattr(hub, "in_database", meanwhile)
        await one.fill(one.rooms[1])

        assert bob.told == []
        assert one.rooms[1].rev == 4
        assert one.missed(one.rooms[1], 1, bob) is None

    run(story)


def test_a_hole_is_asked_for_again_when_the_database_did_not_answer(
    truth: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = hub.missing_items, [OSError("away")]

    def at_second_try(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return read(*args)

    monkeypatch.setattr(hub, "missing_items", at_second_try)
    monkeypatch.setattr(hub, "AGAIN_SECONDS", 0.05)

    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        truth.update({rev: row(rev) for rev in (1, 2)})
        one.accept([row(2)])
        await asyncio.sleep(3 * hub.HOLD_SECONDS)

        assert bob.told == [("message.posted", 1), ("message.posted", 2)]

    run(story)


def test_memory_tells_only_who_may_see_all_that_is_quoted(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([row(rev) for rev in range(1, 6)])
        room = one.rooms[1]

        assert json.loads(one.missed(room, 3, alice) or b"")["rows"] == [{"rev": 4}, {"rev": 5}]
        phone.blocks = frozenset({"somebody"})
        one.join(bob, 1, "room", 5, 4)
        assert one.missed(room, 3, phone) is one.missed(room, 3, bob) is None

    run(story)


def test_an_item_that_breaks_takes_no_other_along(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([{"kind": "row", "room_id": 1}, row(1)])

        assert bob.told == [("message.posted", 1)]

    run(story)


def test_any_schedule_of_hints_ends_in_the_same_order(truth: dict) -> None:
    """Thirty rows, each lost, doubled or late by chance: every socket hears each number once, in order."""

    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        dice = random.Random(20261120)
        for _ in range(40):
            start = one.rooms[1].rev
            rows = [row(start + n) for n in range(1, 31)]
            truth.update({item["rev"]: item for item in rows})
            hints = [item for item in rows for _ in range(dice.choice([0, 1, 1, 1, 2]))] + rows[-1:]
            dice.shuffle(hints)
            one.accept(hints)
        for _ in range(20):
            await asyncio.sleep(hub.HOLD_SECONDS)
            if one.rooms[1].rev == max(truth):
                break

        assert [rev for _, rev in bob.told] == list(range(1, max(truth) + 1))

    run(story)
