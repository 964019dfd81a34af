"""The two dialects, against frames as the servers send them."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bench.load.ledger import Ledger
from bench.load.talkers import DIALECTS, MychatTalker, Talker, TutorialTalker, token

pytestmark = pytest.mark.unit

ROOM = "AbCdEfGh12345678"


class Wire:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def send(self, kind: object, frame: bytes) -> None:
        self.frames.append(json.loads(frame))


@pytest.fixture
def pair() -> Callable[[str], tuple[Any, Any, Ledger]]:
    """The two people of a room, connected."""

    def make(dialect: str) -> tuple[Talker, Talker, Ledger]:
        ledger = Ledger(2)

        async def connect() -> list[Talker]:
            talkers = [DIALECTS[dialect](stream, ROOM, ledger) for stream in (0, 1)]
            for talker in talkers:
                talker.on_ws_connected(Wire())
            return talkers

        one, other = asyncio.run(connect())
        return one, other, ledger

    return make


def hear(talker: Talker, **frame: Any) -> None:
    talker.hear(memoryview(json.dumps(frame).encode()))


def ready(talker: MychatTalker, last_rev: int = 0) -> None:
    places = [{"room": "another", "last_rev": 99}, {"room": ROOM, "last_rev": last_rev}]
    hear(talker, type="ready", v=1, memberships=places)


def posted(post: dict[str, Any], rev: int) -> dict[str, Any]:
    return {"type": "message.posted", "room": ROOM, "rev": rev, "message": row(post, rev)}


def row(post: dict[str, Any], rev: int) -> dict[str, Any]:
    return {"seq": rev, "rev": rev, "sender": "x", "client_id": post["client_id"], "body": post["body"], "created": ""}


def ack(post: dict[str, Any], rev: int) -> dict[str, Any]:
    return {"type": "ack", "client_id": post["client_id"], "room": ROOM, "seq": rev, "rev": rev}


def write(talker: Talker, count: int) -> list[dict[str, Any]]:
    for _ in range(count):
        talker.post(time.monotonic())
    return talker.transport.frames[-count:]


def test_the_tutorials_echo_is_the_receipt(
    pair: Callable[[str], tuple[TutorialTalker, TutorialTalker, Ledger]],
) -> None:
    one, other, ledger = pair("tutorial")
    (post,) = write(one, 1)

    assert post.keys() == {"message"}
    hear(one, **post)
    assert (ledger.acknowledged, ledger.delivered) == (1, 0)
    hear(other, **post)
    assert (ledger.acknowledged, ledger.delivered, ledger.done) == (1, 1, 1)


def test_mychat_says_hello_and_posts_under_ids_of_its_own(
    pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]],
) -> None:
    one, _, _ = pair("mychat")

    assert one.transport.frames == [{"type": "hello", "v": 1, "cursors": {}}]
    posts = write(one, 3)
    assert [post["type"] for post in posts] == ["message.post"] * 3
    assert len({post["client_id"] for post in posts}) == 3
    assert [token(post["body"]) for post in posts] == [(0, 0), (0, 1), (0, 2)]


def test_acks_and_posts_are_taken_in_their_place(
    pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]],
) -> None:
    one, other, ledger = pair("mychat")
    ready(one, 7)
    ready(other, 7)
    first, second = write(one, 2)
    for number, post in enumerate((first, second), 8):
        hear(one, **ack(post, number))
        hear(other, **posted(post, number))

    assert (ledger.acknowledged, ledger.delivered, ledger.done, ledger.gaps) == (2, 2, 2, 0)
    assert (ledger.lost, ledger.doubled, ledger.out_of_order) == (0, 0, 0)


def test_a_gap_is_asked_for_and_filled_in_order(
    pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]],
) -> None:
    one, other, ledger = pair("mychat")
    ready(other)
    first, second, third = write(one, 3)
    hear(other, **posted(third, 3))
    hear(other, **posted(second, 2))

    assert ledger.delivered == 0
    assert other.transport.frames[1:] == [{"type": "sync", "room": ROOM, "since": 0}]
    hear(other, type="synced", room=ROOM, rows=[row(first, 1)], more=True)
    assert other.transport.frames[-1] == {"type": "sync", "room": ROOM, "since": 1}
    hear(other, type="synced", room=ROOM, rows=[row(second, 2)], more=False, upto=2)
    assert (ledger.delivered, ledger.doubled, ledger.out_of_order, ledger.gaps) == (3, 0, 0, 1)


def test_what_was_seen_is_ignored(pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]]) -> None:
    one, other, ledger = pair("mychat")
    ready(other)
    (post,) = write(one, 1)
    hear(other, **posted(post, 1))
    hear(other, **posted(post, 1))

    assert (ledger.delivered, ledger.doubled) == (1, 0)


def test_the_same_message_at_two_places_is_doubled(
    pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]],
) -> None:
    one, other, ledger = pair("mychat")
    ready(other)
    (post,) = write(one, 1)
    hear(other, **posted(post, 1))
    hear(other, **posted(post, 2))

    assert ledger.doubled == 1


def test_a_refusal_is_entered_by_its_code(pair: Callable[[str], tuple[MychatTalker, MychatTalker, Ledger]]) -> None:
    one, _, ledger = pair("mychat")
    (post,) = write(one, 1)
    hear(one, type="nack", code="slow_down", message="Wait.", client_id=post["client_id"], retry_after=1)
    hear(one, type="nack", code="bad_frame", message="No.")

    assert ledger.refused == {"slow_down": 1}
    assert (ledger.silent, ledger.unknown) == (0, 1)


def test_a_socket_that_the_server_ends_is_counted(pair: Callable[[str], tuple[Talker, Talker, Ledger]]) -> None:
    one, other, ledger = pair("tutorial")
    one.on_ws_disconnected(one.transport)
    other.gone = True  # closed by ourselves
    other.on_ws_disconnected(other.transport)

    assert ledger.dropped == {"disconnected": 1}
