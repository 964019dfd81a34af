"""Who is told of which messages, and in which words."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Block, User
from chat.live import presence
from chat.messages.changes import edit_message, remove_message
from chat.models import Membership, Message, Notification, PushSubscription, Room
from chat.notifications.deciding import AWAY, HERE
from chat.notifications.sweep import PATIENCE, forget_old, sweep
from chat.rooms.groups import create_group
from chat.rooms.services import Progress, open_direct_room, record_progress
from tests.browser.talk import say
from tests.notifications.conftest import Browser, PushService

Subscribed = Callable[[User], Browser]


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


def group_of(owner: User, *people: User) -> Room:
    group = create_group(owner=owner, name="Allotment 14", people=list(people))
    Membership.objects.filter(room=group).update(state=Membership.State.MEMBER)
    return group


def age(seconds: float = AWAY.total_seconds() + 1) -> None:
    """Everything was said that long ago."""
    Message.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


def bodies(browser: Browser) -> list[str]:
    return [one["body"] for one in browser.told]


def place(user: User, **columns: object) -> None:
    Membership.objects.filter(user=user).update(**columns)


# --- The table -------------------------------------------------------------------------------------------------------


def nothing(bob: User, room: Room) -> None:
    """He isn't here at all."""


def idle_desktop(bob: User, room: Room) -> None:
    presence.store().touch([(bob.pk, "an idle desktop")], 70)
    age(HERE.total_seconds() + 1)


def connected_just_now(bob: User, room: Room) -> None:
    presence.store().touch([(bob.pk, "another tab")], 70)


def too_young(bob: User, room: Room) -> None:
    age(5)


def read_elsewhere(bob: User, room: Room) -> None:
    record_progress([Progress(bob.pk, room.pk, read=room.last_rev + 50)])


def removed(bob: User, room: Room) -> None:
    remove_message(user_id=Message.objects.get().sender_id or 0, room=room.public_id, seq=1)


def muted(bob: User, room: Room) -> None:
    place(bob, muted_until=timezone.now() + timedelta(hours=1))


def muted_until_a_while_ago(bob: User, room: Room) -> None:
    place(bob, muted_until=timezone.now() - timedelta(hours=1))


def blocked(bob: User, room: Room) -> None:
    Block.objects.create(blocker=bob, blocked_id=Message.objects.get().sender_id or 0)


def wants_nothing(bob: User, room: Room) -> None:
    place(bob, level=Membership.Level.NOTHING)


def wants_mentions(bob: User, room: Room) -> None:
    place(bob, level=Membership.Level.MENTIONS)


def request(bob: User, room: Room) -> None:
    place(bob, state=Membership.State.REQUEST)


def left(bob: User, room: Room) -> None:
    place(bob, state=Membership.State.LEFT)


def quiet(bob: User, room: Room) -> None:
    now = timezone.now()
    begin, end = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
    User.objects.filter(pk=bob.pk).update(quiet_from=begin, quiet_until=end, time_zone="UTC")


def switched_off(bob: User, room: Room) -> None:
    User.objects.filter(pk=bob.pk).update(push_on=False)


def signed_out(bob: User, room: Room) -> None:
    PushSubscription.objects.update(session_key="ended")


TABLE = [
    (nothing, 1),
    (idle_desktop, 1),
    (connected_just_now, 0),
    (too_young, 0),
    (read_elsewhere, 0),
    (removed, 0),
    (muted, 0),
    (muted_until_a_while_ago, 1),
    (blocked, 0),
    (wants_nothing, 0),
    (wants_mentions, 0),
    (request, 0),
    (left, 0),
    (quiet, 0),
    (switched_off, 0),
    (signed_out, 0),
]


@pytest.mark.parametrize(("case", "pushes"), TABLE, ids=lambda one: getattr(one, "__name__", ""))
def test_the_decision_is_right(
    subscribed: Subscribed, room: Room, alice: User, bob: User, case: Callable[[User, Room], None], pushes: int
) -> None:
    presence.store.cache_clear()
    his, hers = subscribed(bob), subscribed(alice)
    say(room, alice, "Are we still on?")
    age()
    case(bob, room)
    sweep()
    sweep()
    assert len(his.told) == pushes
    assert hers.told == []  # one's own message is no news


# --- What it says ----------------------------------------------------------------------------------------------------


def test_one_notification_for_each_room_says_what_is_new(
    subscribed: Subscribed, room: Room, alice: User, bob: User
) -> None:
    his = subscribed(bob)
    say(room, alice, "Are we still on?")
    age()
    sweep()
    shown = {"title": "Alice", "body": "Are we still on?", "tag": room.public_id}
    assert his.told[0].items() >= shown.items()
    assert his.told[0]["url"] == f"/r/{room.public_id}/"
    say(room, alice, "At *noon*?")
    age()
    sweep()
    assert his.told[1].items() >= {"title": "Alice · 2 new messages", "body": "At noon?"}.items()
    assert his.headers[1]["topic"] == room.public_id
    sweep()
    assert len(his.told) == 2
    assert Notification.objects.count() == 1
    assert Notification.objects.get().data == {}  # no words of anybody's are kept


def test_a_group_says_who_wrote_where(subscribed: Subscribed, alice: User, bob: User) -> None:
    his, group = subscribed(bob), group_of(alice, bob)
    say(group, alice, "Water is back")
    age()
    sweep()
    assert (his.told[0]["title"], his.told[0]["body"]) == ("Allotment 14", "Alice: Water is back")


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "group"])
def test_without_previews_no_word_of_it_is_said(
    subscribed: Subscribed, room: Room, alice: User, bob: User, in_group: bool
) -> None:
    his = subscribed(bob)
    User.objects.filter(pk=bob.pk).update(push_previews=False)
    say(group_of(alice, bob) if in_group else room, alice, "The code is 4711")
    age()
    sweep()
    assert "4711" not in str(his.told)
    assert bodies(his) == ["There is something new" if in_group else "Alice wrote to you"]


def test_who_wants_mentions_only_is_told_of_those(subscribed: Subscribed, alice: User, bob: User) -> None:
    his, group = subscribed(bob), group_of(alice, bob)
    place(bob, level=Membership.Level.MENTIONS)
    say(group, alice, "Anybody there?", "@bob you?")
    age()
    sweep()
    assert bodies(his) == ["Alice: @bob you?"]
    assert "2 new" not in his.told[0]["title"]


def test_what_was_decided_in_quiet_hours_isnt_told_afterwards(
    subscribed: Subscribed, room: Room, alice: User, bob: User
) -> None:
    his = subscribed(bob)
    say(room, alice, "Sleep well")
    age()
    quiet(bob, room)
    sweep()
    User.objects.filter(pk=bob.pk).update(quiet_from=None)
    sweep()
    assert his.told == []


def test_what_was_said_before_somebody_subscribed_isnt_told(
    subscribed: Subscribed, room: Room, alice: User, bob: User
) -> None:
    say(room, alice, "Long ago")
    age()
    his = subscribed(bob)
    sweep()
    assert his.told == []


# --- Taking back -----------------------------------------------------------------------------------------------------


def test_words_of_a_removed_message_are_replaced(subscribed: Subscribed, room: Room, alice: User, bob: User) -> None:
    his = subscribed(bob)
    say(room, alice, "Oops, wrong room")
    age()
    sweep()
    remove_message(user_id=alice.pk, room=room.public_id, seq=1)
    sweep()
    assert bodies(his) == ["Oops, wrong room", "Message removed"]
    assert (his.told[1]["tag"], his.told[1]["replaces"]) == (room.public_id, True)
    sweep()
    assert len(his.told) == 2


def test_after_a_removal_what_is_still_there_is_shown(
    subscribed: Subscribed, room: Room, alice: User, bob: User
) -> None:
    his = subscribed(bob)
    say(room, alice, "First", "Second")
    age()
    sweep()
    remove_message(user_id=alice.pk, room=room.public_id, seq=2)
    sweep()
    assert bodies(his) == ["Second", "First"]
    assert his.told[1]["title"] == "Alice"


def test_of_what_was_read_nothing_is_taken_back(subscribed: Subscribed, room: Room, alice: User, bob: User) -> None:
    his = subscribed(bob)
    say(room, alice, "Oops")
    age()
    sweep()
    place(bob, read_seq=1)
    remove_message(user_id=alice.pk, room=room.public_id, seq=1)
    sweep()
    assert bodies(his) == ["Oops"]


def test_an_edit_is_no_news(subscribed: Subscribed, room: Room, alice: User, bob: User) -> None:
    his = subscribed(bob)
    say(room, alice, "Helo")
    age()
    sweep()
    edit_message(user_id=alice.pk, room=room.public_id, seq=1, body="Hello")
    sweep()
    assert bodies(his) == ["Helo"]


# --- Browsers that don't answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_given_up_at_once(
    subscribed: Subscribed, service: PushService, room: Room, alice: User, bob: User, status: int
) -> None:
    his = subscribed(bob)
    service.status = status
    say(room, alice, "Hello?")
    age()
    sweep()
    his.row.refresh_from_db()
    assert his.row.died_at is not None


def test_one_that_fails_is_tried_again_later_with_the_same_message(
    subscribed: Subscribed, service: PushService, room: Room, alice: User, bob: User
) -> None:
    his = subscribed(bob)
    service.status = 503
    say(room, alice, "Hello?")
    age()
    sweep()
    his.row.refresh_from_db()
    assert (his.row.failures, his.row.died_at) == (1, None)
    service.status = 201
    sweep()
    assert his.told == []  # not yet
    PushSubscription.objects.update(retry_at=timezone.now())
    sweep()
    assert bodies(his) == ["Hello?"]
    his.row.refresh_from_db()
    assert his.row.failures == 0


def test_one_that_never_answers_is_given_up(
    subscribed: Subscribed, service: PushService, room: Room, alice: User, bob: User
) -> None:
    his = subscribed(bob)
    service.status = 500
    say(room, alice, "Hello?")
    age()
    for _ in range(PATIENCE):
        PushSubscription.objects.update(retry_at=None)
        sweep()
    his.row.refresh_from_db()
    assert his.row.died_at is not None
    PushSubscription.objects.update(died_at=timezone.now() - timedelta(days=31))
    forget_old()
    assert not PushSubscription.objects.exists()
