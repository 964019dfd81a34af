"""What a client hears after an absence: exactly what it missed, or a fresh page."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.live.frames import encode
from chat.messages.presenters import SYNC_PAGE, TOO_FAR, catch_up, newest_page, older_page
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Message, Room
from chat.rooms.services import open_direct_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


def fill(room: Room, sender: User, count: int) -> None:
    post_messages(
        [Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=f"m{n}") for n in range(1, count + 1)]
    )


def place(room: Room, user: User) -> Membership:
    return Membership.objects.select_related("room").get(room=room, user=user)


def seqs(frame: dict) -> list[int]:
    return [row["seq"] for row in frame["rows"]]


def test_up_to_date_is_an_empty_answer(room: Room, alice: User) -> None:
    fill(room, alice, 3)

    frame = catch_up(place(room, alice), 3)

    assert frame == {"type": "synced", "room": room.public_id, "rows": [], "more": False, "upto": 3}


def test_what_was_missed_comes_in_order(room: Room, alice: User) -> None:
    fill(room, alice, 5)

    frame = catch_up(place(room, alice), 2)

    assert seqs(frame) == [3, 4, 5]
    assert (frame["upto"], frame["more"]) == (5, False)


def test_much_comes_in_pages_and_only_the_last_says_upto(room: Room, alice: User) -> None:
    fill(room, alice, SYNC_PAGE + 30)

    first = catch_up(place(room, alice), 10)
    second = catch_up(place(room, alice), first["rows"][-1]["rev"])

    assert first["more"]
    assert "upto" not in first
    assert seqs(first) + seqs(second) == list(range(11, SYNC_PAGE + 31))
    assert (second["upto"], second["more"]) == (SYNC_PAGE + 30, False)


def test_long_messages_come_in_pages_that_fit_a_frame(room: Room, alice: User) -> None:
    body = "\U0001f600" * 4000
    post_messages([Draft(sender_id=alice.pk, room=room.public_id, client_id=uuid4(), body=body) for _ in range(30)])
    since, seen = 0, []
    while True:
        frame = catch_up(place(room, alice), since)
        assert len(encode(frame)) < 256 * 1024
        seen += seqs(frame)
        if not frame["more"]:
            break
        since = frame["rows"][-1]["rev"]

    assert seen == list(range(1, 31))
    assert frame["upto"] == 30
    reset = catch_up(place(room, alice), 99)
    assert len(encode(reset)) < 256 * 1024
    assert seqs(reset)[-1] == 30


def test_a_changed_row_comes_once_where_it_changed_last(room: Room, alice: User) -> None:
    fill(room, alice, 4)
    Message.objects.filter(room=room, seq=2).update(rev=5, body="m2 again")
    Room.objects.filter(pk=room.pk).update(last_rev=5)

    frame = catch_up(place(room, alice), 1)

    assert [(row["seq"], row["rev"]) for row in frame["rows"]] == [(3, 3), (4, 4), (2, 5)]
    assert frame["upto"] == 5


def test_too_far_behind_is_a_reset(room: Room, alice: User) -> None:
    fill(room, alice, TOO_FAR + 2)

    assert catch_up(place(room, alice), 2)["type"] == "synced"
    frame = catch_up(place(room, alice), 1)

    assert (frame["type"], frame["upto"]) == ("reset", TOO_FAR + 2)
    assert seqs(frame) == list(range(TOO_FAR + 2 - 49, TOO_FAR + 3))


def test_a_cursor_from_the_future_is_a_reset(room: Room, alice: User) -> None:
    """As after a database was restored from a backup."""
    fill(room, alice, 2)

    assert catch_up(place(room, alice), 3)["type"] == "reset"


def test_a_cursor_from_before_ones_time_is_a_reset_without_the_past(room: Room, alice: User, bob: User) -> None:
    fill(room, alice, 5)
    Membership.objects.filter(room=room, user=bob).update(visible_from_seq=4)

    assert catch_up(place(room, bob), 2)["type"] == "reset"
    assert seqs(catch_up(place(room, bob), 2)) == [4, 5]
    assert seqs(catch_up(place(room, bob), 3)) == [4, 5]
    assert older_page(place(room, bob), 6)[0][0]["seq"] == 4


def test_who_left_sees_nothing(room: Room, alice: User, bob: User) -> None:
    fill(room, alice, 3)
    Membership.objects.filter(room=room, user=bob).update(state=Membership.State.LEFT)

    assert newest_page(place(room, bob)) == []
    assert older_page(place(room, bob), 99) == ([], False)
    assert seqs(catch_up(place(room, bob), 0)) == []


def test_older_pages_meet_without_a_hole(room: Room, alice: User) -> None:
    fill(room, alice, 23)
    seen: list[int] = []
    before, more = 24, True
    while more:
        rows, more = older_page(place(room, alice), before, 5)
        seen = [row["seq"] for row in rows] + seen
        before = seen[0]

    assert seen == list(range(1, 24))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=st.integers(0, 30), changes=st.lists(st.integers(1, 20), max_size=10))
def test_state_after_catching_up_equals_a_fresh_load(room: Room, alice: User, since: int, changes: list[int]) -> None:
    """What a client had at `since`, with what `catch_up` brings on top, is what the database has now."""
    Message.objects.all().delete()
    Room.objects.filter(pk=room.pk).update(last_rev=0)
    fill(room, alice, 20)
    held: dict[int, str] = {}
    for rev, seq in enumerate(changes, start=21):
        if rev == since + 1:
            held = dict(Message.objects.values_list("seq", "body"))
        Message.objects.filter(seq=seq).update(rev=rev, body=f"changed at {rev}")
        Room.objects.filter(pk=room.pk).update(last_rev=rev)
    last = 20 + len(changes)
    if since >= last:
        held = dict(Message.objects.values_list("seq", "body")) if since == last else {}
    elif since < 20:
        held = {seq: f"m{seq}" for seq in range(1, since + 1)}

    frame = catch_up(place(room, alice), since)
    if frame["type"] == "reset":
        held = {}
    held |= {row["seq"]: row["body"] for row in frame["rows"]}

    assert held == dict(Message.objects.values_list("seq", "body"))
