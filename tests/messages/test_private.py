"""What a member does for themselves: stars, hides, marks as unread. Nobody else hears of it."""

import pytest

from accounts.models import User
from chat.errors import ChatError, MessageGone, NotFound
from chat.messages.changes import remove_message
from chat.messages.pages import opening_page
from chat.messages.presenters import newest_page
from chat.messages.private import hide_message, mark_unread, star_message
from chat.models import Membership, Message, Room, Star
from chat.rooms.presenters import load_memberships, membership
from chat.rooms.services import Progress, record_progress
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db


def of(user: User, room: Room) -> Membership:
    return Membership.objects.select_related("room").get(user=user, room=room)


def star(by: User, message: Message, *, on: bool = True) -> None:
    star_message(user_id=by.pk, room=message.room.public_id, seq=message.seq, on=on)


def hide(by: User, message: Message) -> None:
    hide_message(user_id=by.pk, room=message.room.public_id, seq=message.seq)


def unread_from(by: User, room: Room, seq: int | None) -> None:
    mark_unread(user_id=by.pk, room=room.public_id, seq=seq, on=seq is not None)


# --- Stars ------------------------------------------------------------------------------------------------------------


def test_a_star_is_told_to_whose_it_is(room: Room, alice: User, bob: User, say: Say, personal, told) -> None:
    message = say(alice, room)
    before = of(bob, room).version

    heard = personal(lambda: star(bob, message))

    ((user, frame),) = heard
    assert user == bob.pk
    assert frame["starred"] == [[message.seq, True]]
    assert frame["version"] == before + 1
    assert opening_page(of(bob, room), 50).starred == [message.seq]
    assert opening_page(of(alice, room), 50).starred == []
    assert told(lambda: star(bob, message, on=False)) == []
    assert not Star.objects.exists()


@pytest.mark.parametrize("on", [True, False])
def test_what_is_so_already_is_no_news(room: Room, alice: User, say: Say, personal, on: bool) -> None:
    message = say(alice, room)
    if on:
        star(alice, message)

    assert personal(lambda: star(alice, message, on=on)) == []


# --- Hiding -----------------------------------------------------------------------------------------------------------


def test_a_hidden_message_is_gone_for_one_and_there_for_others(
    room: Room, alice: User, bob: User, say: Say, personal
) -> None:
    first, message = say(alice, room, "one"), say(alice, room, "two")

    ((user, frame),) = personal(lambda: hide(bob, message))

    assert user == bob.pk
    assert frame["hidden"] == [message.seq]
    assert (frame["unread"], frame["last_seq"]) == (1, first.seq)
    assert [row["body"] for row in newest_page(of(bob, room))] == ["one"]
    assert [row["body"] for row in newest_page(of(alice, room))] == ["one", "two"]


def test_hiding_again_is_no_news(room: Room, alice: User, bob: User, say: Say, personal) -> None:
    message = say(alice, room)
    star(bob, message)
    hide(bob, message)

    assert personal(lambda: hide(bob, message)) == []
    assert not Star.objects.exists()


def test_a_tombstone_can_be_hidden_but_not_starred(room: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, room)
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)

    with pytest.raises(MessageGone):
        star(bob, message)
    hide(bob, message)
    assert newest_page(of(bob, room)) == []


@pytest.mark.parametrize("verb", [star, hide])
def test_only_what_one_may_see(group: Room, alice: User, bob: User, eve: User, say: Say, verb) -> None:
    message = say(alice, group)
    place = Membership.objects.filter(room=group, user=bob)

    def refused(by: User) -> type[ChatError]:
        with pytest.raises(ChatError) as refusal:
            verb(by, message)
        return refusal.type

    assert refused(eve) is NotFound
    place.update(visible_from_seq=message.seq + 1)
    assert refused(bob) is MessageGone
    place.update(visible_from_seq=0, state=Membership.State.LEFT)
    assert refused(bob) is NotFound


# --- Unread -----------------------------------------------------------------------------------------------------------


def read(user: User, room: Room, seq: int) -> None:
    record_progress([Progress(user.pk, room.pk, read=seq, received=seq)])


def unread(user: User, room: Room) -> int:
    return load_memberships(Membership.objects.of(user).filter(room=room))[0].unread


def test_a_read_room_is_unread_from_a_place_on(room: Room, alice: User, bob: User, say: Say, personal) -> None:
    for number in range(5):
        say(alice, room, str(number))
    read(bob, room, 5)
    assert unread(bob, room) == 0

    ((user, frame),) = personal(lambda: unread_from(bob, room, 3))

    assert user == bob.pk
    assert (frame["unread"], frame["unread_from_seq"], frame["read_seq"]) == (3, 3, 5)


def test_what_is_read_meanwhile_does_not_end_it(room: Room, alice: User, bob: User, say: Say) -> None:
    for number in range(3):
        say(alice, room, str(number))
    read(bob, room, 2)
    unread_from(bob, room, 2)

    read(bob, room, 3)

    assert unread(bob, room) == 2


def test_opening_the_room_again_ends_it(room: Room, alice: User, bob: User, say: Say, personal) -> None:
    say(alice, room)
    read(bob, room, 1)
    unread_from(bob, room, 1)

    ((_, frame),) = personal(lambda: unread_from(bob, room, None))

    assert (frame["unread"], frame["unread_from_seq"]) == (0, None)
    assert personal(lambda: unread_from(bob, room, None)) == []


def test_without_a_place_it_is_the_newest_of_others(room: Room, alice: User, bob: User, say: Say) -> None:
    with pytest.raises(MessageGone):
        mark_unread(user_id=bob.pk, room=room.public_id)
    for number in range(2):
        say(alice, room, str(number))
    say(bob, room, "my own")
    read(bob, room, 3)

    mark_unread(user_id=bob.pk, room=room.public_id)

    assert of(bob, room).unread_from_seq == 2
    assert unread(bob, room) == 1


def test_the_other_one_does_not_see_it(room: Room, alice: User, bob: User, say: Say) -> None:
    say(alice, room)
    read(bob, room, 1)

    unread_from(bob, room, 1)

    mine = membership(load_memberships(Membership.objects.of(alice))[0])
    assert mine["receipts"][bob.public_id] == {"received": 1, "read": 1}


@pytest.mark.parametrize("seq", [1, 4])
def test_only_from_a_place_that_is_there(room: Room, alice: User, bob: User, eve: User, say: Say, seq: int) -> None:
    for number in range(3):
        say(alice, room, str(number))
    Membership.objects.filter(room=room, user=bob).update(visible_from_seq=2)

    with pytest.raises(MessageGone):
        unread_from(bob, room, seq)
    with pytest.raises(NotFound):
        unread_from(eve, room, seq)
