"""The outbox's rules: in order, one at a time, and nothing lost."""

import random
from typing import Any

import pytest

from tests.rules.outbox import ACK_WAIT, Outbox

pytestmark = pytest.mark.unit


@pytest.fixture
def outbox() -> Outbox:
    """Three messages for one room, one for another."""
    box = Outbox()
    for client_id, room in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "one")):
        box.add(client_id, room, f"body {client_id}")
    return box


def ids(commands: list[dict[str, Any]]) -> list[str]:
    return [command["client_id"] for command in commands]


def nack(client_id: str, code: str, retry_after: float | None = None) -> dict[str, Any]:
    frame = {"type": "nack", "client_id": client_id, "code": code, "message": "No."}
    return frame if retry_after is None else {**frame, "retry_after": retry_after}


def test_one_of_each_room_goes_out_at_a_time(outbox: Outbox) -> None:
    assert ids(outbox.due(0)) == ["a", "c"]
    assert outbox.due(1) == []

    outbox.acked("a")

    assert outbox.due(1) == [{"type": "message.post", "client_id": "b", "room": "one", "body": "body b"}]


def test_no_answer_is_sent_again_the_same(outbox: Outbox) -> None:
    first = outbox.due(0)

    assert outbox.due(ACK_WAIT - 0.1) == []
    assert outbox.due(ACK_WAIT) == first


def test_after_a_reconnect_everything_is_sent_again_at_once(outbox: Outbox) -> None:
    first = outbox.due(0)

    outbox.dropped()

    assert outbox.due(0) == first


def test_a_refusal_for_good_lets_the_rest_go_on(outbox: Outbox) -> None:
    outbox.due(0)

    outbox.refused(nack("a", "too_long"), now=1)

    assert ids(outbox.due(1)) == ["b"]
    assert [(entry.client_id, entry.code) for entry in outbox.failed()] == [("a", "too_long")]


def test_a_refusal_for_now_holds_the_room_and_no_other(outbox: Outbox) -> None:
    outbox.due(0)

    outbox.refused(nack("a", "slow_down", 3.0), now=1)
    outbox.acked("c")
    outbox.add("e", "two", "body e")

    assert ids(outbox.due(3.9)) == ["e"]
    assert ids(outbox.due(4.0)) == ["a"]


def test_signed_out_is_no_answer(outbox: Outbox) -> None:
    outbox.due(0)

    outbox.refused(nack("a", "signed_out"), now=1)

    assert outbox.due(1) == []
    assert outbox.entries["a"].code is None


def test_an_answer_to_something_else_changes_nothing(outbox: Outbox) -> None:
    outbox.due(0)

    outbox.refused(nack("never-heard-of", "empty"), now=1)
    outbox.refused({"type": "nack", "code": "bad_frame", "message": "No."}, now=1)

    assert outbox.acked("never-heard-of") is None
    assert len(outbox.waiting()) == 4


class Server:
    """Stores each client_id once; answers late, not at all, or with a refusal for now."""

    def __init__(self, dice: random.Random, outbox: Outbox) -> None:
        self.dice, self.outbox = dice, outbox
        self.stored: dict[str, str] = {}  # client_id -> room, in order of storing

    def hear(self, command: dict[str, Any], now: float) -> None:
        client_id, room = command["client_id"], command["room"]
        if self.dice.random() < 0.1:
            self.outbox.refused(nack(client_id, "slow_down", 1.0), now)
            return
        self.stored.setdefault(client_id, room)
        if self.dice.random() < 0.7:
            self.outbox.acked(client_id)
        elif self.dice.random() < 0.5:
            self.outbox.dropped()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_stored_is_what_was_written_in_order_and_once(seed: int) -> None:
    dice, box, now = random.Random(seed), Outbox(), 0.0
    server = Server(dice, box)
    written = {str(number): dice.choice(["one", "two"]) for number in range(100)}
    for client_id, room in written.items():
        box.add(client_id, room, "body")
        now += dice.random()
        for command in box.due(now):
            server.hear(command, now)
    while box.waiting():
        now += ACK_WAIT
        for command in box.due(now):
            server.hear(command, now)

    for room in ("one", "two"):
        assert [one for one in server.stored if server.stored[one] == room] == [
            one for one in written if written[one] == room
        ]
