"""One room for a pair of people, whoever opens it and however often."""

import pytest
from django.db import IntegrityError

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.threads import together

pytestmark = pytest.mark.django_db


def test_both_get_the_same_room(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    assert open_direct_room(opener=bob, other=alice) == room
    assert open_direct_room(opener=alice, other=bob) == room
    assert set(room.memberships.values_list("user", flat=True)) == {alice.pk, bob.pk}


def test_it_is_visible_to_the_two_and_nobody_else(alice: User, bob: User, eve: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    assert [list(Room.objects.visible_to(person)) for person in (alice, bob, eve)] == [[room], [room], []]


def test_with_oneself_it_is_notes_to_self(alice: User) -> None:
    room = open_direct_room(opener=alice, other=alice)

    assert room.memberships.count() == 1
    assert open_direct_room(opener=alice, other=alice) == room


def test_the_database_refuses_a_direct_room_without_a_pair(alice: User) -> None:
    with pytest.raises(IntegrityError):
        Room.objects.create(kind=Room.Kind.DIRECT)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_from_both_sides_open_one_room() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    sides = [(alice, bob), (bob, alice)]

    rooms = together(8, lambda number: open_direct_room(opener=sides[number % 2][0], other=sides[number % 2][1]))

    assert len({room.pk for room in rooms}) == 1
    assert Room.objects.count() == 1
    assert Membership.objects.count() == 2
