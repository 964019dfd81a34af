"""What a member hears of people they blocked, and of what was said before their time."""

import json
from typing import Any

import pytest

from chat.events import PostedRow, row_items
from chat.live import bus
from chat.live.hub import Hub
from tests.live.test_hub import Ear, run, truth

pytestmark = pytest.mark.unit

__all__ = ["truth"]  # the fixture
NOISY, CALM = "noisyperson", "calmperson"


def said(seq: int, sender: str, *, rev: int | None = None, **more: object) -> bus.Item:
    """A row of the room as it is published."""
    row = {
        "seq": seq,
        "rev": rev or seq,
        "sender": sender,
        "client_id": "c",
        "body": "secret",
        "created": "now",
        **more,
    }
    return row_items([PostedRow(room_id=1, room="room", row=row)])[0]


def quote(seq: int, sender: str) -> dict[str, Any]:
    return {"seq": seq, "sender": sender, "body": "secret"}


def test_who_blocked_the_sender_hears_that_somebody_spoke(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        alice.blocks = frozenset({NOISY})
        one.accept([said(1, NOISY, html="<b>secret</b>", reactions=[["❤️", ["x"]]]), said(2, CALM)])

        hidden, shown = (frame["message"] for frame in alice.heard)
        assert hidden == {
            "seq": 1, "rev": 1, "sender": NOISY, "client_id": "c", "created": "now", "body": "", "hidden": "blocked",
        }  # fmt: skip
        assert shown["body"] == "secret"
        assert bob.heard[0]["message"]["body"] == phone.heard[0]["message"]["body"] == "secret"

    run(story)


def test_what_a_blocked_person_said_is_not_quoted_to_who_blocked_them(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        alice.blocks = frozenset({NOISY})
        one.accept([said(1, CALM, reply=quote(9, NOISY))])

        assert alice.heard[0]["message"]["reply"] == {"seq": 9, "sender": NOISY, "body": "", "hidden": True}
        assert bob.heard[0]["message"]["reply"] == quote(9, NOISY)

    run(story)


def test_what_was_said_before_somebodys_time_is_not_quoted_to_them(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.join(bob, 1, "room", 0, 5)
        one.accept([said(seq, CALM) for seq in range(1, 6)])
        one.accept([said(6, CALM, reply=quote(4, CALM)), said(7, CALM, reply=quote(5, CALM))])

        told = {frame["rev"]: frame for frame in bob.heard}
        assert {told[rev]["type"] for rev in range(1, 5)} == {"room.advanced"}
        assert told[6]["message"]["reply"] == {"seq": 4, "sender": CALM, "body": "", "hidden": True}
        assert told[7]["message"]["reply"] == quote(5, CALM)
        assert "secret" not in json.dumps([told[rev] for rev in range(1, 5)])

    run(story)


def test_a_block_counts_from_the_moment_it_is_published(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([said(1, NOISY), {"kind": "blocks", "user_id": 1, "blocks": [NOISY]}, said(2, NOISY)])
        one.accept([{"kind": "blocks", "user_id": 1, "blocks": []}, said(3, NOISY)])

        for ear in (alice, phone):
            assert [frame["message"]["body"] for frame in ear.heard] == ["secret", "", "secret"]
        assert [frame["message"]["body"] for frame in bob.heard] == ["secret"] * 3

    run(story)


def test_memory_forgets_what_may_be_quoted_once_it_was_rewritten(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.accept([said(1, CALM), said(2, CALM, reply=quote(1, CALM))])
        assert b"secret" in (one.missed(one.rooms[1], 0, bob) or b"")

        one.accept([said(1, CALM, rev=3, body="", removed="author")])

        assert one.missed(one.rooms[1], 1, bob) is None
        assert b"secret" not in (one.missed(one.rooms[1], 2, bob) or b"secret")

    run(story)


@pytest.mark.parametrize(
    ("rev", "more", "what"),
    [
        (1, {}, "message.posted"),
        (2, {}, "message.changed"),
        (2, {"reactions": [["❤️", ["x"]]]}, "message.changed"),
        (1, {"kind": "event", "event": {"what": "joined"}}, "room.changed"),
    ],
)
def test_what_a_row_tells(truth: dict, rev: int, more: dict[str, Any], what: str) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        one.rooms[1].rev = rev - 1
        one.accept([said(1, CALM, rev=rev, **more)])

        assert bob.told == [(what, rev)]

    run(story)


def test_a_row_of_the_release_before_is_a_new_message(truth: dict) -> None:
    async def story(one: Hub, alice: Ear, phone: Ear, bob: Ear) -> None:
        item = said(1, CALM)
        one.accept([{key: item[key] for key in item if key != "sender"}])

        assert bob.told == [("message.posted", 1)]

    run(story)
