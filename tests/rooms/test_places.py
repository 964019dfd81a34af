"""What one arranges for oneself in a room."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.errors import BadText, BodyTooLong, NotFound, TooManyPinned
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Mention, Message, Room
from chat.rooms import places
from chat.rooms.places import arrange_place, save_draft
from chat.rooms.presenters import load_memberships, membership
from chat.rooms.services import open_direct_room
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def group(alice: User, bob: User) -> Room:
    room = Room.objects.create(kind=Room.Kind.GROUP, name="Allotment 14", member_count=2)
    Membership.objects.bulk_create(Membership(room=room, user=one, version=1) for one in (alice, bob))
    return room


def say(room: Room, sender: User, body: str = "hello", *, naming: User | None = None) -> Message:
    post_messages([Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body)])
    message = Message.objects.filter(room=room).latest("seq")
    if naming:
        Mention.objects.create(message=message, user=naming)
    return message


def told(user: User, room: Room) -> dict:
    (place,) = load_memberships(Membership.objects.filter(user=user, room=room))
    return membership(place)


def test_only_what_is_given_changes(room: Room, alice: User, bob: User) -> None:
    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True, level="mentions")
    arrange_place(user_id=alice.pk, room=room.public_id, muted="always")

    hers, his = told(alice, room), told(bob, room)

    assert (hers["pinned"], hers["muted"], hers["level"], hers["archived"]) == (True, "always", "mentions", False)
    assert (his["pinned"], his["muted"], his["level"], his["version"]) == (False, None, "all", 1)


def test_a_mute_ends_when_its_time_is_over(room: Room, alice: User) -> None:
    arrange_place(user_id=alice.pk, room=room.public_id, muted="8h")
    place = Membership.objects.get(user=alice, room=room)
    assert place.is_muted
    assert place.muted_until is not None
    assert abs(place.muted_until - timezone.now() - timedelta(hours=8)) < timedelta(minutes=1)

    Membership.objects.filter(pk=place.pk).update(muted_until=timezone.now() - timedelta(seconds=1))

    assert told(alice, room)["muted"] is None


def test_what_changes_nothing_is_no_news(room: Room, alice: User) -> None:
    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True)
    save_draft(user_id=alice.pk, room=room.public_id, body="half a")
    before = told(alice, room)

    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True, archived=False, muted="off", level="all")
    save_draft(user_id=alice.pk, room=room.public_id, body="half a  ")

    assert told(alice, room) == before


def test_five_may_be_pinned(alice: User) -> None:
    rooms = [open_direct_room(opener=alice, other=make_user(f"friend{number}")) for number in range(6)]
    for room in rooms[:5]:
        arrange_place(user_id=alice.pk, room=room.public_id, pinned=True)

    with pytest.raises(TooManyPinned):
        arrange_place(user_id=alice.pk, room=rooms[5].public_id, pinned=True)
    arrange_place(user_id=alice.pk, room=rooms[0].public_id, pinned=False)
    arrange_place(user_id=alice.pk, room=rooms[5].public_id, pinned=True)

    assert Membership.objects.filter(user=alice, pinned_at__isnull=False).count() == places.MOST_PINNED


def test_what_is_put_away_is_not_pinned(room: Room, alice: User) -> None:
    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True)
    arrange_place(user_id=alice.pk, room=room.public_id, archived=True)
    assert (told(alice, room)["pinned"], told(alice, room)["archived"]) == (False, True)

    arrange_place(user_id=alice.pk, room=room.public_id, pinned=True)
    assert (told(alice, room)["pinned"], told(alice, room)["archived"]) == (True, False)


def test_a_new_message_brings_a_one_to_one_room_back(room: Room, alice: User, bob: User) -> None:
    say(room, bob)
    arrange_place(user_id=alice.pk, room=room.public_id, archived=True)
    assert told(alice, room)["archived"]

    say(room, bob)
    assert not told(alice, room)["archived"]

    Membership.objects.filter(user=alice, room=room).update(read_seq=2)  # and it stays when it has been read
    assert not told(alice, room)["archived"]


def test_only_a_mention_brings_a_group_back(group: Room, alice: User, bob: User) -> None:
    say(group, bob, naming=alice)
    arrange_place(user_id=alice.pk, room=group.public_id, archived=True)
    say(group, bob)
    assert told(alice, group)["archived"]
    say(group, bob, naming=bob)
    say(group, alice, naming=alice)
    assert told(alice, group)["archived"]

    say(group, bob, naming=alice)

    assert not told(alice, group)["archived"]


def test_a_mention_is_told_until_it_is_read(group: Room, alice: User, bob: User) -> None:
    say(group, bob, naming=alice)
    say(group, bob)
    assert told(alice, group)["mentioned"]
    assert not told(bob, group)["mentioned"]

    Membership.objects.filter(user=alice, room=group).update(read_seq=1)

    assert (told(alice, group)["mentioned"], told(alice, group)["unread"]) == (False, 1)


def test_everyone_is_everyone_but_oneself(group: Room, alice: User, bob: User) -> None:
    Mention.objects.create(message=say(group, bob), user=None)

    assert told(alice, group)["mentioned"]
    assert not told(bob, group)["mentioned"]


def test_a_removed_mention_is_none(group: Room, alice: User, bob: User) -> None:
    message = say(group, bob, naming=alice)
    Message.objects.filter(pk=message.pk).update(removed_at=timezone.now())

    assert (told(alice, group)["mentioned"], told(alice, group)["unread"]) == (False, 0)


def test_a_draft_is_ones_own_and_the_last_word_wins(room: Room, alice: User, bob: User) -> None:
    save_draft(user_id=alice.pk, room=room.public_id, body="first thoughts")
    save_draft(user_id=alice.pk, room=room.public_id, body="  second thoughts\n", reply_to=1)

    draft = told(alice, room)["draft"]

    assert (draft["body"], draft["reply_to"]) == ("  second thoughts", 1)
    assert abs(draft["at"] / 1000 - timezone.now().timestamp()) < 60
    assert told(bob, room)["draft"] is None


def test_an_empty_draft_is_none(room: Room, alice: User) -> None:
    save_draft(user_id=alice.pk, room=room.public_id, body="something")
    save_draft(user_id=alice.pk, room=room.public_id, body=" \n ")

    assert told(alice, room)["draft"] is None


@pytest.mark.parametrize(("body", "refusal"), [("x" * 4001, BodyTooLong), ("nul\0", BadText), ("\ud83d", BadText)])
def test_a_draft_has_the_limits_of_a_message(room: Room, alice: User, body: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        save_draft(user_id=alice.pk, room=room.public_id, body=body)

    assert told(alice, room)["draft"] is None


def test_a_long_draft_is_cut_where_many_are_told_at_once(room: Room, alice: User) -> None:
    save_draft(user_id=alice.pk, room=room.public_id, body="x" * 3000)
    (place,) = load_memberships(Membership.objects.filter(user=alice, room=room))

    cut = membership(place, whole=False)["draft"]

    assert (len(cut["body"]), cut["cut"], len(membership(place)["draft"]["body"])) == (200, True, 3000)


@pytest.mark.parametrize("state", [Membership.State.LEFT, Membership.State.REMOVED, None])
def test_who_is_not_in_the_room_arranges_nothing_there(room: Room, eve: User, state: str | None) -> None:
    if state:
        Membership.objects.create(room=room, user=eve, state=state)

    with pytest.raises(NotFound):
        arrange_place(user_id=eve.pk, room=room.public_id, pinned=True)
    with pytest.raises(NotFound):
        save_draft(user_id=eve.pk, room=room.public_id, body="hello")
    with pytest.raises(NotFound):
        arrange_place(user_id=eve.pk, room="nosuchroom", muted="always")
