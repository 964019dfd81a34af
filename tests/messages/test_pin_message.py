"""Pinning messages for everybody in the room."""

import pytest

from accounts.models import User
from chat.errors import ChatError, MessageGone, NotAccepting, NotAllowed, NotFound, TooManyPins, WaitForAnswer
from chat.messages.changes import MOST_PINS, pin_message, remove_message
from chat.models import Membership, Message, Room
from tests.base import signed_in
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db


def pin(by: User, message: Message, *, on: bool = True) -> None:
    pin_message(user_id=by.pk, room=message.room.public_id, seq=message.seq, on=on)


def test_the_room_hears_of_it_and_writes_it_down(room: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room)

    changed, line = told(lambda: pin(bob, message))

    assert (changed["seq"], changed["rev"]) == (1, 2)
    assert changed["pinned"]
    assert (line["seq"], line["rev"], line["sender"]) == (3, 3, bob.public_id)
    assert line["event"] == {"what": "pinned", "seq": 1}


def test_it_can_be_unpinned_quietly(room: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room)
    pin(bob, message)

    (row,) = told(lambda: pin(alice, message, on=False))

    assert "pinned" not in row


def test_its_words_are_cut_for_the_list(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "**important:** " + "word " * 100)
    pin(alice, message)

    (row,) = signed_in(alice).get(f"/r/{room.public_id}/pins/").json()["rows"]

    assert row["body"].startswith("important: word")
    assert len(row["body"]) == 200
    assert "html" not in row


@pytest.mark.parametrize("on", [True, False])
def test_what_is_so_already_is_no_change(room: Room, alice: User, say: Say, told, on: bool) -> None:
    message = say(alice, room)
    if on:
        pin(alice, message)

    assert told(lambda: pin(alice, message, on=on)) == []


def refused(by: User, message: Message) -> type[ChatError]:
    with pytest.raises(ChatError) as refusal:
        pin(by, message)
    message.refresh_from_db()
    assert message.pinned_at is None
    return refusal.type


def test_in_a_group_those_who_keep_order_do_it(group: Room, alice: User, bob: User, carol: User, say: Say) -> None:
    message = say(carol, group)

    assert refused(carol, message) is NotAllowed
    pin(bob, message)
    message.refresh_from_db()
    assert message.pinned_at


def test_not_for_outsiders_nor_what_one_cannot_see(group: Room, alice: User, bob: User, eve: User, say: Say) -> None:
    message = say(alice, group)
    place = Membership.objects.filter(room=group, user=bob)

    assert refused(eve, message) is NotFound
    place.update(visible_from_seq=message.seq + 1)
    assert refused(bob, message) is MessageGone
    place.update(visible_from_seq=0, state=Membership.State.LEFT)
    assert refused(bob, message) is NotFound


def test_not_what_was_removed(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)

    assert refused(alice, message) is MessageGone


def test_not_by_who_may_not_write(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    Membership.objects.filter(room=room, user=alice).update(posting=Membership.Posting.REFUSED)

    assert refused(alice, message) is NotAccepting


def test_a_room_has_a_hundred_pins_at_most(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    for number in range(MOST_PINS):
        say(alice, room, f"message {number}")
    Message.objects.filter(room=room).exclude(pk=message.pk).update(pinned_at=message.created_at)

    assert refused(alice, message) is TooManyPins


# --- The list of them -------------------------------------------------------------------------------------------------


def pins(user: User, room: Room) -> list[int]:
    answer = signed_in(user).get(f"/r/{room.public_id}/pins/")
    assert answer.status_code == 200
    return [row["seq"] for row in answer.json()["rows"]]


def test_the_newest_pin_comes_first(room: Room, alice: User, bob: User, say: Say) -> None:
    messages = [say(alice, room) for _ in range(3)]
    for message in (messages[2], messages[0], messages[1]):
        pin(alice, message)
    pin(bob, messages[0], on=False)

    assert pins(bob, room) == [2, 3]


def test_one_sees_only_what_one_may_see(room: Room, alice: User, bob: User, eve: User, say: Say) -> None:
    first, second = say(alice, room), say(alice, room)
    pin(alice, first)
    pin(alice, second)
    Membership.objects.filter(room=room, user=bob).update(visible_from_seq=second.seq)

    assert pins(bob, room) == [second.seq]
    remove_message(user_id=alice.pk, room=room.public_id, seq=second.seq)
    assert pins(bob, room) == []
    assert signed_in(eve).get(f"/r/{room.public_id}/pins/").status_code == 404


def test_who_waits_for_an_answer_pins_nothing(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    Membership.objects.filter(room=room, user=alice).update(posting=Membership.Posting.ASKING)

    with pytest.raises(WaitForAnswer):
        pin(alice, message)
