"""When somebody was last here: written as they go, shown to those they chose."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.live.rounds import leave
from chat.models import Room
from chat.people.blocks import block_person
from chat.people.services import last_seen, people_whose_presence_shows, record_last_seen
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.people.talk import say

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def choose(user: User, **choices: object) -> None:
    User.objects.filter(pk=user.pk).update(**choices)
    user.refresh_from_db()


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Alice and Bob talk; Bob was here an hour ago."""
    choose(bob, last_seen_at=timezone.now() - HOUR)
    room = open_direct_room(opener=alice, other=bob)
    say(room, bob)
    return room


def test_it_is_written_once_a_minute_at_most(alice: User, bob: User) -> None:
    recently = timezone.now() - timedelta(seconds=30)
    choose(alice, last_seen_at=recently)
    choose(bob, last_seen_at=timezone.now() - HOUR)
    record_last_seen({alice.pk, bob.pk})

    for person in (alice, bob):
        person.refresh_from_db()
    assert alice.last_seen_at == recently
    assert bob.last_seen_at
    assert timezone.now() - bob.last_seen_at < timedelta(minutes=1)


def test_who_goes_is_written_down_and_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, bool]] = []
    monkeypatch.setattr(events, "presence_changed", lambda user_id, user, online: told.append((user, online)))
    leave({alice.pk})

    alice.refresh_from_db()
    assert (alice.last_seen_at is not None, told) == (True, [(alice.public_id, False)])


@pytest.mark.parametrize(
    ("audience", "friend", "stranger"),
    [("everyone", True, True), ("shared", True, False), ("nobody", False, False)],
)
def test_each_choice_is_kept(
    room: Room, alice: User, bob: User, eve: User, audience: str, friend: bool, stranger: bool
) -> None:
    choose(bob, last_seen_audience=audience)

    assert (last_seen(alice, bob) is not None) is friend
    assert (last_seen(eve, bob) is not None) is stranger


@pytest.mark.parametrize("column", ["last_seen_audience", "presence_audience"])
def test_who_tells_nobody_is_told_by_nobody(room: Room, alice: User, bob: User, column: str) -> None:
    choose(alice, **{column: "nobody"})

    assert last_seen(alice, bob) is None


def test_who_hides_that_they_are_here_hides_that_they_were(room: Room, alice: User, bob: User) -> None:
    choose(bob, presence_audience="nobody", last_seen_audience="everyone")

    assert last_seen(alice, bob) is None


def test_a_block_hides_it_both_ways(room: Room, alice: User, bob: User) -> None:
    choose(alice, last_seen_at=timezone.now(), last_seen_audience="everyone")
    block_person(blocker=bob, blocked=alice, on=True)

    assert last_seen(alice, bob) is last_seen(bob, alice) is None


def test_it_stands_in_the_room_and_on_the_profile(room: Room, alice: User) -> None:
    browser = signed_in(alice)

    assert "Last seen " in browser.get(f"/r/{room.public_id}/").content.decode()
    assert ", last seen " in browser.get("/people/@bob/").content.decode()


def test_who_is_seen_by_nobody_sees_nobody(alice: User, bob: User) -> None:
    for mine, theirs in product(User.PresenceAudience.values, repeat=2):
        choose(alice, presence_audience=mine)
        choose(bob, presence_audience=theirs)
        shown = set(people_whose_presence_shows(alice.pk, {alice.pk, bob.pk}))
        assert shown == ({alice, bob} if mine != "nobody" and theirs == "everyone" else {alice})
