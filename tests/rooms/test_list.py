"""The list of conversations as the server draws it: what is shown where, and in which words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Block, User
from chat.models import Attachment, Membership, Message, Room
from chat.rooms.places import arrange_place, save_draft
from chat.rooms.presenters import file_words, load_memberships, preview
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.factories import make_user
from tests.search.helpers import make_group, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def group(alice: User, bob: User) -> Room:
    return make_group("Allotment 14", alice, bob)


def titles(user: User, chosen: str = "") -> list[str]:
    answer = signed_in(user).get(f"/?filter={chosen}")
    return [line.title for line in answer.context["conversations"]]


def shown(user: User, room: Room) -> tuple[str, str, str]:
    (place,) = load_memberships(Membership.objects.filter(user=user, room=room))
    told = preview(place)
    return told.before, told.icon, told.text


def attach(message: Message, kind: str, name: str = "plan.pdf") -> None:
    Attachment.objects.create(
        room=message.room, uploader=message.sender, message=message, kind=kind, name=name, mime="x/y", size=1, file="f"
    )


def test_each_filter_shows_its_part(alice: User, bob: User, eve: User, room: Room, group: Room) -> None:
    with_eve = open_direct_room(opener=alice, other=eve)
    say(room, bob, "unread")
    say(with_eve, alice, "mine")
    say(group, alice, "ours")
    arrange_place(user_id=alice.pk, room=with_eve.public_id, archived=True)

    assert titles(alice) == ["Allotment 14", "Bob"]
    assert titles(alice, "unread") == ["Bob"]
    assert titles(alice, "rooms") == ["Allotment 14"]
    assert titles(alice, "archived") == ["Eve"]
    assert titles(alice, "nonsense") == titles(alice)


def test_pinned_ones_stand_first(alice: User, bob: User, room: Room, group: Room) -> None:
    say(room, bob, "older")
    say(group, bob, "newer")
    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True)

    assert titles(alice) == ["Bob", "Allotment 14"]
    assert titles(bob) == ["Allotment 14", "Alice"]


def test_a_group_without_a_word_stands_where_one_joined_it(alice: User, bob: User, room: Room) -> None:
    say(room, bob, "hello")
    old = make_group("Long ago", alice)
    Membership.objects.filter(room=old).update(joined_at=timezone.now() - timedelta(days=2))
    make_group("Just now", alice)

    assert titles(alice) == ["Just now", "Bob", "Long ago"]


def test_muted_and_archived_are_counted_nowhere(alice: User, bob: User, room: Room, group: Room) -> None:
    say(room, bob, "hello")
    say(group, bob, "hello all")
    arrange_place(user_id=alice.pk, room=group.public_id, muted="always")

    context = signed_in(alice).get("/").context
    assert (context["unread_total"], context["archived_total"]) == (1, 0)
    arrange_place(user_id=alice.pk, room=room.public_id, archived=True)
    context = signed_in(alice).get("/").context
    assert (context["unread_total"], context["archived_total"]) == (0, 1)


def test_a_conversation_begun_with_a_draft_is_listed(alice: User, room: Room) -> None:
    save_draft(user_id=alice.pk, room=room.public_id, body="Dear\n\nBob")

    page = signed_in(alice).get("/").content.decode()

    assert "Draft:" in page
    assert "Dear Bob" in page


def test_a_preview_says_who_spoke_in_a_group(alice: User, bob: User, group: Room) -> None:
    say(group, bob, "the key\nis **here**")
    assert shown(alice, group) == ("Bob", "", "the key is here")
    assert shown(bob, group) == ("You", "", "the key is here")


def test_a_preview_tells_what_kind_of_thing_was_sent(alice: User, room: Room) -> None:
    message = say(room, alice, "look")
    attach(message, "image")
    assert shown(alice, room) == ("", "image", "look")
    Message.objects.filter(pk=message.pk).update(body="")
    assert shown(alice, room) == ("", "image", "Photo")

    assert file_words([{"kind": "voice", "name": "a.ogg"}]) == "Voice message"
    assert file_words([{"kind": "file", "name": "Timetable.pdf"}]) == "Timetable.pdf"
    assert file_words([{"kind": "image", "name": "a"}] * 3) == "3 photos"
    assert file_words([{"kind": "image", "name": "a"}, {"kind": "file", "name": "b"}]) == "2 files"


def test_what_was_removed_and_what_the_blocked_say_is_not_repeated(alice: User, bob: User, group: Room) -> None:
    message = say(group, bob, "a secret")
    Block.objects.create(blocker=alice, blocked=bob)
    assert shown(alice, group) == ("", "", "From somebody you blocked")
    assert "a secret" not in signed_in(alice).get("/").content.decode()

    Block.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(removed_at=timezone.now(), removed_by=bob)
    assert shown(alice, group) == ("Bob", "", "Message removed")


def test_what_happened_in_a_room_is_no_news_of_it(alice: User, bob: User, group: Room) -> None:
    say(group, bob, "the last word")
    Message.objects.create(
        room=group, seq=2, rev=2, sender=bob, client_id="0" * 32, kind=Message.Kind.EVENT, event={"what": "renamed"}
    )

    assert shown(alice, group)[2] == "the last word"
    assert signed_in(alice).get("/").context["conversations"][0].unread == 1


@pytest.mark.parametrize("many", [3, 60])
def test_two_hundred_conversations_cost_no_more_queries_than_three(
    alice: User, many: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        friend = make_user(f"friend{number}")
        say(open_direct_room(opener=alice, other=friend), friend, "hello")
        say(make_group(f"Group {number}", alice, friend), friend, "hello all")
    client = signed_in(alice)

    with django_assert_max_num_queries(12):
        client.get("/")


def test_the_switcher_finds_people_as_the_directory_does(alice: User, bob: User, eve: User, client: Client) -> None:
    make_user("hidden", display_name="Bobby Hidden", is_listed=False)

    found = signed_in(alice).get("/api/switch?q=bo").json()["people"]

    assert [one["username"] for one in found] == ["bob"]
    assert signed_in(alice).get("/api/switch?q=%20").json() == {"people": []}
    assert client.get("/api/switch?q=bo").status_code == 401


def test_the_switcher_is_limited_as_the_directory_is(alice: User, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "SEARCHES_PER_MINUTE": 2}
    mine = signed_in(alice)

    answers = [mine.get("/api/switch?q=bo").status_code for _ in range(6)]

    assert 429 in answers
