"""Rows around a place, onward from one, what a message said before, and the page of stars."""

import json
import re
from typing import Any

import pytest

from accounts.models import Block, User
from chat.messages.changes import edit_message, pin_message, remove_message
from chat.messages.private import hide_message, star_message
from chat.models import Membership, Room
from tests.base import signed_in
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db


@pytest.fixture
def told_ten(room: Room, alice: User, say: Say) -> Room:
    """The room with messages 1 to 10."""
    for number in range(1, 11):
        say(alice, room, f"message {number}")
    return room


def ask(user: User, room: Room, question: str) -> dict[str, Any]:
    answer = signed_in(user).get(f"/r/{room.public_id}/messages/?{question}")
    assert answer.status_code == 200
    return answer.json()


def places(answer: dict[str, Any]) -> list[int]:
    return [row["seq"] for row in answer["rows"]]


@pytest.mark.parametrize(
    ("question", "expected", "more", "more_after"),
    [
        ("around=5&limit=4", [3, 4, 5, 6], True, True),
        ("around=1&limit=4", [1, 2], False, True),
        ("around=10&limit=4", [8, 9, 10], True, False),
        ("around=5&limit=100", list(range(1, 11)), False, False),
        ("around=99&limit=4", [9, 10], True, False),
        ("after=8&limit=50", [9, 10], False, False),
        ("after=5&limit=2", [6, 7], True, True),
        ("after=10", [], False, False),
        ("before=3", [1, 2], False, False),
    ],
)
def test_windows(told_ten: Room, bob: User, question: str, expected: list[int], more: bool, more_after: bool) -> None:
    answer = ask(bob, told_ten, question)

    assert (places(answer), answer["more"], answer["more_after"]) == (expected, more, more_after)


def test_windows_show_what_one_may_see(told_ten: Room, alice: User, bob: User) -> None:
    Membership.objects.filter(room=told_ten, user=bob).update(visible_from_seq=4)
    hide_message(user_id=bob.pk, room=told_ten.public_id, seq=6)
    star_message(user_id=bob.pk, room=told_ten.public_id, seq=7, on=True)

    answer = ask(bob, told_ten, "around=5&limit=6")

    assert places(answer) == [4, 5, 7, 8]
    assert answer["more"] is False
    assert answer["starred"] == [7]
    assert ask(alice, told_ten, "around=5&limit=6")["starred"] == []


@pytest.mark.parametrize("question", ["around=", "around=x", "after=-1", "around=99999999999999999999"])
def test_bad_questions_are_refused(told_ten: Room, alice: User, question: str) -> None:
    assert signed_in(alice).get(f"/r/{told_ten.public_id}/messages/?{question}").status_code == 400


# --- The room's page --------------------------------------------------------------------------------------------------


def page(user: User, room: Room, question: str = "") -> dict[str, Any]:
    html = signed_in(user).get(f"/r/{room.public_id}/{question}").content.decode()
    found = re.search(r'<script id="room-data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_a_permalink_opens_in_context(room: Room, alice: User, bob: User, say: Say) -> None:
    for number in range(1, 121):
        say(alice, room, f"message {number}")
    Membership.objects.filter(room=room, user=bob).update(read_seq=120)

    data = page(bob, room, "?at=30")

    assert places(data) == list(range(5, 55))
    assert (data["at"], data["more"], data["more_after"], data["upto"]) == (30, True, True, 120)


@pytest.mark.parametrize(("question", "at"), [("", None), ("?at=77", 77), ("?at=x", None), ("?at=" + "9" * 5000, None)])
def test_what_is_not_there_opens_at_the_newest(told_ten: Room, bob: User, question: str, at: int | None) -> None:
    data = page(bob, told_ten, question)

    assert places(data) == list(range(1, 11))
    assert (data["at"], data["more"], data["more_after"]) == (at, False, False)


def test_the_page_knows_pins_and_stars(told_ten: Room, alice: User, bob: User) -> None:
    for seq in (2, 5):
        pin_message(user_id=alice.pk, room=told_ten.public_id, seq=seq, on=True)
    star_message(user_id=bob.pk, room=told_ten.public_id, seq=3, on=True)

    data = page(bob, told_ten)

    assert [row["seq"] for row in data["pins"]] == [5, 2]
    assert data["starred"] == [3]
    assert page(alice, told_ten)["starred"] == []
    assert data["edit_minutes"] == 15


def test_the_page_knows_what_is_not_to_be_seen(told_ten: Room, alice: User, bob: User) -> None:
    hide_message(user_id=bob.pk, room=told_ten.public_id, seq=3)

    data = page(bob, told_ten)

    assert data["hidden"] == [3]
    assert 3 not in places(data)
    assert page(alice, told_ten)["hidden"] == []


# --- What it said before ----------------------------------------------------------------------------------------------


def test_whoever_sees_a_message_sees_what_it_said_before(
    room: Room, alice: User, bob: User, eve: User, say: Say
) -> None:
    message = say(alice, room, "one")
    for body in ("two", "three"):
        edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body=body)
    url = f"/r/{room.public_id}/messages/{message.seq}/edits/"

    edits = signed_in(bob).get(url).json()["edits"]

    assert [edit["body"] for edit in edits] == ["one", "two"]
    assert edits[0]["written"] < edits[1]["written"]
    assert signed_in(eve).get(url).status_code == 404
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)
    answer = signed_in(bob).get(url)
    assert (answer.status_code, answer.json()["code"]) == (404, "message_gone")


def test_nobody_looks_behind_their_time(room: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, room, "one")
    edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="two")
    Membership.objects.filter(room=room, user=bob).update(visible_from_seq=2)

    assert signed_in(bob).get(f"/r/{room.public_id}/messages/1/edits/").status_code == 404


# --- Stars ------------------------------------------------------------------------------------------------------------


def stars(user: User) -> list[tuple[str, str]]:
    lines = signed_in(user).get("/starred/").context["lines"]
    return [(line["text"], line["title"]) for line in lines]


def test_stars_stand_together_newest_first(room: Room, group: Room, alice: User, bob: User, say: Say) -> None:
    for where, body in ((room, "**first**"), (group, "second")):
        message = say(alice, where, body)
        star_message(user_id=bob.pk, room=where.public_id, seq=message.seq, on=True)

    html = signed_in(bob).get("/starred/").content.decode()

    assert stars(bob) == [("second", "Garden"), ("first", "Alice")]
    assert f"/r/{group.public_id}/?at=1" in html
    assert stars(alice) == []


def test_a_star_shines_only_where_one_may_look(room: Room, group: Room, alice: User, bob: User, say: Say) -> None:
    for where in (room, group):
        message = say(alice, where, where.kind)
        star_message(user_id=bob.pk, room=where.public_id, seq=message.seq, on=True)
    place = Membership.objects.filter(room=room, user=bob)

    place.update(visible_from_seq=2)
    assert [body for body, _ in stars(bob)] == ["group"]
    place.update(visible_from_seq=0, state=Membership.State.LEFT)
    assert [body for body, _ in stars(bob)] == ["group"]
    Block.objects.create(blocker=bob, blocked=alice)
    assert stars(bob) == []


def test_nothing_starred_says_how(alice: User) -> None:
    assert b"No stars yet" in signed_in(alice).get("/starred/").content
