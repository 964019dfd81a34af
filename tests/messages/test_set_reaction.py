"""Reacting to a message: one emoji for each person."""

import pytest

from accounts.models import User
from chat.errors import (
    AnswerFirst,
    BadEmoji,
    ChatError,
    MessageGone,
    NotAccepting,
    NotFound,
    TooManyReactions,
    YouBlocked,
)
from chat.messages.changes import remove_message, set_reaction
from chat.messages.emoji import one_emoji
from chat.models import Membership, Message, Reaction, Room
from tests.factories import make_user
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db

# Twenty-one different ones.
ENOUGH = "👍❤😂😮😢🙏🎉🔥👏🤔😍😎🥳🚀👀💯🍕🌈🐙🦊🐝"


def react(by: User, message: Message, emoji: str = "👍", *, on: bool = True) -> None:
    set_reaction(user_id=by.pk, room=message.room.public_id, seq=message.seq, emoji=emoji, on=on)


def test_everybody_hears_of_it(room: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room)

    (row,) = told(lambda: react(bob, message))

    assert (row["seq"], row["rev"]) == (1, 2)
    assert row["reactions"] == [["👍", [bob.public_id]]]
    assert "edited" not in row


def test_a_second_one_replaces_the_first(room: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room)
    react(bob, message, "👍")
    react(alice, message, "❤️")

    (row,) = told(lambda: react(bob, message, "❤"))

    assert row["reactions"] == [["❤️", [alice.public_id, bob.public_id]]]


@pytest.mark.parametrize(("before", "emoji", "on"), [(["👍"], "👍", True), ([], "👍", False), (["👍"], "❤️", False)])
def test_what_is_so_already_is_no_change(
    room: Room, alice: User, say: Say, told, before: list[str], emoji: str, on: bool
) -> None:
    message = say(alice, room)
    for one in before:
        react(alice, message, one)

    assert told(lambda: react(alice, message, emoji, on=on)) == []
    assert list(Reaction.objects.values_list("emoji", flat=True)) == before


def test_it_can_be_taken_away(room: Room, alice: User, say: Say, told) -> None:
    message = say(alice, room)
    react(alice, message)

    (row,) = told(lambda: react(alice, message, on=False))

    assert "reactions" not in row
    assert not Reaction.objects.exists()


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "🏳️‍🌈", "🇩🇪", "1️⃣", "👨‍👩‍👧", "❤️", "♥", "🫩"])
def test_one_emoji_is_one(emoji: str) -> None:
    assert one_emoji(emoji) == one_emoji(one_emoji(emoji))


@pytest.mark.parametrize(
    "text", ["", "a", "1", "#", "👍👍", "👍 ", ":+1:", "🇩", "\u200d", "<b>", "\ufe0f", "🏽👍", "👍\u202e"]
)
def test_nothing_else_is(text: str) -> None:
    with pytest.raises(BadEmoji):
        one_emoji(text)


def test_a_heart_is_a_heart() -> None:
    assert one_emoji("❤") == one_emoji("❤️")


def test_a_message_has_no_more_than_twenty_different_ones(group: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, group)
    for number, emoji in enumerate(ENOUGH[:20]):
        Reaction.objects.create(message=message, user=make_user(f"fan{number}"), emoji=one_emoji(emoji))

    with pytest.raises(TooManyReactions):
        react(bob, message, ENOUGH[20])
    react(bob, message, ENOUGH[0])
    with pytest.raises(TooManyReactions):
        react(bob, message, ENOUGH[20])
    assert Reaction.objects.filter(user=bob).get().emoji == ENOUGH[0]


def test_who_has_the_twentieth_alone_may_choose_another(group: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, group)
    for number, emoji in enumerate(ENOUGH[:19]):
        Reaction.objects.create(message=message, user=make_user(f"fan{number}"), emoji=one_emoji(emoji))
    react(bob, message, ENOUGH[19])

    react(bob, message, ENOUGH[20])

    assert Reaction.objects.filter(user=bob).get().emoji == ENOUGH[20]


def refused(by: User, message: Message) -> type[ChatError]:
    with pytest.raises(ChatError) as refusal:
        react(by, message)
    assert not Reaction.objects.exists()
    return refusal.type


def test_outsiders_and_those_who_cannot_see_it(group: Room, alice: User, bob: User, eve: User, say: Say) -> None:
    message = say(alice, group)
    place = Membership.objects.filter(room=group, user=bob)

    assert refused(eve, message) is NotFound
    place.update(visible_from_seq=message.seq + 1)
    assert refused(bob, message) is MessageGone
    place.update(visible_from_seq=0, state=Membership.State.LEFT)
    assert refused(bob, message) is NotFound


def test_not_to_what_was_removed(room: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, room)
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)

    assert refused(bob, message) is MessageGone


@pytest.mark.parametrize(
    ("posting", "why"), [("refused", NotAccepting), ("blocking", YouBlocked), ("asked", AnswerFirst)]
)
def test_who_may_not_write_may_not_wave_either(
    room: Room, alice: User, bob: User, say: Say, posting: str, why: type[ChatError]
) -> None:
    message = say(alice, room)
    Membership.objects.filter(room=room, user=bob).update(posting=posting)

    assert refused(bob, message) is why


def test_readers_of_announcements_may_react(group: Room, alice: User, carol: User, say: Say) -> None:
    message = say(alice, group)
    Membership.objects.filter(room=group, user=carol).update(posting=Membership.Posting.READING)

    react(carol, message)

    assert Reaction.objects.get().user == carol
