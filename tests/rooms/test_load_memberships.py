"""What a membership tells of its room: what this member may see of it, whoever else is loaded along."""

from uuid import uuid4

import pytest

from accounts.models import User
from chat.live.opening import greet
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Room
from chat.rooms.presenters import load_memberships, membership
from chat.rooms.services import open_direct_room
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    room = open_direct_room(opener=alice, other=bob)
    post_messages([Draft(sender_id=alice.pk, room=room.public_id, client_id=uuid4(), body="before")])
    return room


def test_a_newcomer_is_not_told_what_was_said_before_them_though_an_old_member_is(
    room: Room, alice: User, bob: User
) -> None:
    room.memberships.filter(user=bob).update(visible_from_seq=2)

    (_, old, _), (_, new, _) = greet([alice, bob])

    assert old["memberships"][0]["last"]["body"] == "before"
    assert new["memberships"][0]["last"] is None
    assert new["memberships"][0]["unread"] == 0


@pytest.mark.parametrize("state", [Membership.State.LEFT, Membership.State.REMOVED])
def test_who_is_out_is_told_nothing_of_what_is_said(room: Room, bob: User, state: str) -> None:
    room.memberships.filter(user=bob).update(state=state)

    (told,) = [membership(place) for place in load_memberships(room.memberships.filter(user=bob))]

    assert (told["state"], told["last"], told["last_seq"], told["unread"]) == (state, None, 0, 0)


def test_many_people_with_many_rooms_are_greeted_at_once() -> None:
    people = [make_user(f"person{number}") for number in range(20)]
    for one in people:
        for other in people:
            if one.pk <= other.pk:
                open_direct_room(opener=one, other=other)

    answers = greet(people)

    assert [len(ready["memberships"]) for _, ready, _ in answers] == [20] * 20
    assert all(len(places) == 20 for places, _, _ in answers)
