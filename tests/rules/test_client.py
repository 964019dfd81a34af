"""The whole client, frame by frame."""

from typing import Any

import pytest

from tests.rules.client import HEARTBEAT, PATIENCE, RECONCILE, Client
from tests.rules.outbox import ACK_WAIT

pytestmark = pytest.mark.unit

ME, ROOM, OTHER = "me", "room", "other"
HELLO = {"type": "hello", "v": 1, "cursors": {}}


def place(
    room: str = ROOM, last_rev: int = 0, state: str = "member", floor: int = 0, version: int = 1
) -> dict[str, Any]:
    return {"room": room, "version": version, "state": state, "last_rev": last_rev, "visible_from_seq": floor}


def ready(*places: dict[str, Any]) -> dict[str, Any]:
    return {"type": "ready", "v": 1, "user": {"id": ME}, "memberships": list(places), "held": []}


def posted(rev: int, client_id: str = "theirs", sender: str = "them", body: str = "hi") -> dict[str, Any]:
    row = {"seq": rev, "rev": rev, "sender": sender, "client_id": client_id, "body": body, "created": "now"}
    return {"type": "message.posted", "room": ROOM, "rev": rev, "message": row}


def ack(rev: int, client_id: str) -> dict[str, Any]:
    return {
        "type": "ack",
        "client_id": client_id,
        "room": ROOM,
        "seq": rev,
        "rev": rev,
        "created": "now",
        "state": "sent",
    }


@pytest.fixture
def client() -> Client:
    """Greeted at second 0, in one empty room."""
    one = Client(ME)
    assert one.opened(0) == [HELLO]
    assert one.heard(ready(place()), 0) == []
    return one


def bodies(client: Client) -> list[str]:
    return [row["body"] for row in client.view(ROOM)]


def test_before_ready_nothing_goes_out() -> None:
    client = Client(ME)
    client.opened(0)
    client.write(ROOM, "hello", 0)
    assert client.tick(1) == []

    sent = client.heard(ready(place()), 2)

    assert [command["type"] for command in sent] == ["message.post"]


def test_a_room_with_a_past_is_read_from_its_beginning() -> None:
    client = Client(ME)
    client.opened(0)

    assert client.heard(ready(place(last_rev=7)), 0) == [{"type": "sync", "room": ROOM, "since": 0}]


def test_the_acknowledgement_takes_its_place_among_the_rows(client: Client) -> None:
    client_id = client.write(ROOM, "mine", 0)
    client.tick(0)

    client.heard(posted(1), 0)
    client.heard(ack(2, client_id), 0)

    assert bodies(client) == ["hi", "mine"]
    assert client.acked == {client_id: (ROOM, 2, 2)}
    assert not client.outbox.entries


def test_an_acknowledgement_before_its_turn_waits_for_the_hole(client: Client) -> None:
    client_id = client.write(ROOM, "mine", 0)
    client.tick(0)

    assert client.heard(ack(2, client_id), 0) == [{"type": "sync", "room": ROOM, "since": 0}]
    assert bodies(client) == []
    client.heard(posted(1), 0)

    assert bodies(client) == ["hi", "mine"]


def test_an_acknowledgement_without_its_text_asks_for_the_row(client: Client) -> None:
    assert client.heard(ack(1, "from-another-tab"), 0) == [{"type": "sync", "room": ROOM, "since": 0}]


def test_ones_own_row_is_as_good_as_an_acknowledgement(client: Client) -> None:
    client_id = client.write(ROOM, "mine", 0)
    client.tick(0)

    client.heard(posted(1, client_id, ME, "mine"), 0)

    assert client.acked == {client_id: (ROOM, 1, 1)}
    assert client.tick(ACK_WAIT) == []


def test_after_a_drop_it_greets_with_its_cursors_and_sends_again(client: Client) -> None:
    client.heard(posted(1), 0)
    client.write(ROOM, "mine", 0)
    first = client.tick(0)

    client.dropped(1)
    assert client.tick(1) == []

    assert client.opened(2) == [{**HELLO, "cursors": {ROOM: 1}}]
    assert client.heard(ready(place(last_rev=1)), 2) == first


def test_it_reconciles_and_gives_signs_of_life_by_the_clock(client: Client) -> None:
    assert client.tick(HEARTBEAT) == [{"type": "ping"}]
    assert not client.dead(HEARTBEAT + PATIENCE)
    client.heard({"type": "pong"}, HEARTBEAT + 1)
    assert client.tick(RECONCILE) == [{**HELLO, "cursors": {ROOM: 0}}]


def test_a_silent_connection_is_dead(client: Client) -> None:
    client.tick(HEARTBEAT)

    assert not client.dead(HEARTBEAT + PATIENCE)
    assert client.dead(HEARTBEAT + PATIENCE + 0.1)


def test_a_greeting_without_an_answer_is_dead() -> None:
    client = Client(ME)
    client.opened(0)

    assert client.dead(PATIENCE + 0.1)


def test_a_sync_without_an_answer_is_asked_again_by_greeting(client: Client) -> None:
    client.heard(posted(3), 1)

    assert client.tick(1 + PATIENCE) == [{**HELLO, "cursors": {ROOM: 0}}]
    assert client.heard(posted(4), 2 + PATIENCE) == [{"type": "sync", "room": ROOM, "since": 0}]


def test_who_is_removed_lets_go_of_the_room(client: Client) -> None:
    client.heard(posted(1), 0)

    client.heard({"type": "membership.changed", **place(state="removed")}, 0)

    assert client.view(ROOM) == []
    assert client.heard(posted(2), 0) == []


def test_word_of_ones_place_that_was_overtaken_changes_nothing(client: Client) -> None:
    client.heard({"type": "membership.changed", **place(version=3)}, 0)

    client.heard({"type": "membership.changed", **place(state="removed", version=2)}, 0)

    assert ROOM in client.rooms


def test_who_was_removed_while_away_lets_go_of_the_room(client: Client) -> None:
    client.heard(posted(1), 0)
    client.dropped(1)
    client.opened(2)

    client.heard(ready(), 2)

    assert client.rooms == {}


def test_who_comes_again_lets_go_of_what_was_before(client: Client) -> None:
    for rev in (1, 2, 3):
        client.heard(posted(rev), 0)

    client.heard({"type": "membership.changed", **place(last_rev=3, floor=3)}, 0)

    assert [row["seq"] for row in client.view(ROOM)] == [3]


def test_a_room_that_one_joins_is_followed(client: Client) -> None:
    sent = client.heard({"type": "membership.changed", **place(OTHER, last_rev=4)}, 0)

    assert sent == [{"type": "sync", "room": OTHER, "since": 0}]


def test_a_final_refusal_is_remembered(client: Client) -> None:
    client_id = client.write(ROOM, "", 0)
    client.tick(0)

    client.heard({"type": "nack", "client_id": client_id, "code": "empty", "message": "Nothing."}, 0)

    assert client.refused == {client_id: "empty"}


def test_a_bye_says_when_to_come_back(client: Client) -> None:
    client.heard({"type": "bye", "reason": "restart", "retry_after": 2.5}, 10)

    assert client.not_before == 12.5


def test_many_rooms_take_several_greetings(client: Client) -> None:
    for number in range(120):
        client.heard({"type": "membership.changed", **place(f"room{number}")}, 0)

    assert [len(frame["cursors"]) for frame in client.hello()] == [50, 50, 21]
