"""The inbox and the room's page, as the server renders them."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Room
from chat.rooms.services import Progress, open_direct_room, record_progress
from tests.base import signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def say(sender: User, room: Room, body: str, ago: int = 0) -> None:
    at = timezone.now() - timedelta(minutes=ago)
    post_messages([Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body, created_at=at)])


def data(client: Client, room: Room) -> dict:
    page = client.get(f"/r/{room.public_id}/").content.decode()
    found = re.search(r'<script id="room-data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_inbox_is_newest_first_with_unread_counts(alice: User, bob: User, eve: User) -> None:
    with_bob, with_eve = (open_direct_room(opener=alice, other=other) for other in (bob, eve))
    say(bob, with_bob, "old news", ago=60)
    say(eve, with_eve, "fresh", ago=5)
    say(eve, with_eve, "fresher", ago=4)

    conversations = signed_in(alice).get("/").context["conversations"]

    assert [(one.title, one.unread, one.preview.text) for one in conversations] == [
        ("Eve", 2, "fresher"),
        ("Bob", 1, "old news"),
    ]


def test_a_conversation_without_a_word_is_not_in_the_inbox(alice: User, bob: User) -> None:
    open_direct_room(opener=bob, other=alice)

    assert signed_in(alice).get("/").context["conversations"] == []


def test_only_the_unread(alice: User, bob: User, eve: User) -> None:
    with_bob, with_eve = (open_direct_room(opener=alice, other=other) for other in (bob, eve))
    say(bob, with_bob, "unread")
    say(alice, with_eve, "mine")

    context = signed_in(alice).get("/?filter=unread").context

    assert [one.title for one in context["conversations"]] == ["Bob"]
    assert context["unread_total"] == 1


def test_own_messages_and_what_was_read_are_not_unread(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    for number in range(3):
        say(bob, room, f"b{number}")
        say(alice, room, f"a{number}")
    record_progress([Progress(alice.pk, room.pk, received=3, read=3)])

    (line,) = signed_in(alice).get("/").context["conversations"]

    assert line.unread == 1


def test_nobody_counts_beyond_a_hundred(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    post_messages(
        [Draft(sender_id=bob.pk, room=room.public_id, client_id=uuid4(), body=f"m{number}") for number in range(130)]
    )

    page = signed_in(alice).get("/")

    assert page.context["conversations"][0].unread == 100
    assert "99+" in page.content.decode()


@pytest.mark.parametrize(("received", "read", "receipt"), [(0, 0, "sent"), (2, 1, "delivered"), (2, 2, "read")])
def test_the_inbox_shows_how_far_the_last_own_message_got(
    alice: User, bob: User, received: int, read: int, receipt: str
) -> None:
    room = open_direct_room(opener=alice, other=bob)
    say(alice, room, "one")
    say(alice, room, "two")
    record_progress([Progress(bob.pk, room.pk, received=received, read=read)])

    (line,) = signed_in(alice).get("/").context["conversations"]

    assert line.receipt == receipt


def test_the_room_brings_its_newest_rows(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    post_messages(
        [
            Draft(sender_id=alice.pk, room=room.public_id, client_id=uuid4(), body=f"m{number}")
            for number in range(1, 61)
        ]
    )

    mine = data(signed_in(alice), room)
    theirs = data(signed_in(bob), room)

    assert ([row["seq"] for row in mine["rows"]], mine["upto"], mine["more"]) == (list(range(11, 61)), 60, True)
    assert ([row["seq"] for row in theirs["rows"]], theirs["more"]) == (list(range(1, 61)), False)  # all of it unread
    assert theirs["membership"]["unread"] == 60
    assert mine["me"]["id"] == alice.public_id


def test_text_stays_text(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    say(bob, room, "</script><script>alert(1)</script> & \u2028 'quoted'")

    page = signed_in(alice).get(f"/r/{room.public_id}/").content.decode()

    assert "<script>alert(1)" not in page
    assert data(signed_in(alice), room)["rows"][0]["body"] == "</script><script>alert(1)</script> & \u2028 'quoted'"


def test_the_outsider_gets_404(alice: User, bob: User, eve: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    assert signed_in(eve).get(f"/r/{room.public_id}/").status_code == 404
    Membership.objects.filter(room=room, user=bob).update(state=Membership.State.REMOVED)
    assert signed_in(bob).get(f"/r/{room.public_id}/").status_code == 404
    assert signed_in(bob).get("/").context["conversations"] == []


def test_pages_of_conversations_are_never_kept_by_caches(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    for address in ("/", f"/r/{room.public_id}/"):
        assert "no-store" in signed_in(alice).get(address)["Cache-Control"]


@pytest.mark.parametrize("people", [2, 12])
def test_the_number_of_queries_does_not_grow(
    alice: User, people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rooms = [open_direct_room(opener=alice, other=make_user(f"friend{number}")) for number in range(people)]
    for room in rooms:
        say(alice, room, "hello")
    client = signed_in(alice)

    with django_assert_max_num_queries(8):
        client.get("/")
    with django_assert_max_num_queries(12):
        client.get(f"/r/{rooms[0].public_id}/")
