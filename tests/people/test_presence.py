"""Who may know whether somebody is here."""

from itertools import product
from uuid import uuid4

import pytest

from accounts.models import User
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Room
from chat.people import services
from chat.rooms.groups import create_group
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.factories import make_user
from tests.people.helpers import around, arrive, names

pytestmark = pytest.mark.django_db
Audience = User.PresenceAudience


def seen_by(viewer: User, person: User) -> bool:
    """Whether `viewer` is told of `person`, asked in all three ways, which must agree."""
    looked_up = services.visible_presences(viewer_id=viewer.pk, public_ids=[person.public_id])
    announced = services.presence_audience(user_id=person.pk, viewer_ids={viewer.pk})
    arrive(person)
    drawn = services.online_among(viewer, [person])
    assert bool(looked_up) == bool(announced) == bool(drawn)
    assert looked_up in ({}, {person.public_id: person.pk})
    return bool(drawn)


def talk(writer: User, other: User) -> Room:
    """`writer` says something to `other`."""
    room = open_direct_room(opener=writer, other=other)
    post_messages([Draft(sender_id=writer.pk, room=room.public_id, client_id=uuid4(), body="hello")])
    return room


def test_opening_a_room_with_somebody_tells_nothing_of_them(bob: User, eve: User) -> None:
    """Anybody can open one with anybody, and write into it: only an answer is an introduction."""
    User.objects.filter(pk=bob.pk).update(presence_audience=Audience.SHARED)
    talk(eve, bob)
    assert not seen_by(eve, bob)
    assert seen_by(bob, eve)
    talk(bob, eve)
    assert seen_by(eve, bob)


@pytest.mark.parametrize(
    ("audience", "stranger", "met"),
    [(Audience.EVERYONE, True, True), (Audience.SHARED, False, True), (Audience.NOBODY, False, False)],
)
def test_each_choice_of_audience_is_kept(
    alice: User, bob: User, eve: User, audience: str, stranger: bool, met: bool
) -> None:
    bob.presence_audience = audience
    bob.save()
    talk(bob, alice)
    assert seen_by(alice, bob) is met
    assert seen_by(eve, bob) is stranger
    assert seen_by(bob, bob)


def test_who_is_not_listed_is_seen_by_those_they_share_a_room_with_only(alice: User, eve: User) -> None:
    hidden = make_user("hidden", is_listed=False)
    talk(hidden, alice)
    assert seen_by(alice, hidden)
    assert not seen_by(eve, hidden)


@pytest.mark.parametrize("state", [Membership.State.LEFT, Membership.State.REMOVED])
def test_who_left_the_room_shares_it_no_longer(alice: User, bob: User, state: str) -> None:
    User.objects.filter(pk=bob.pk).update(presence_audience=Audience.SHARED)
    room = talk(bob, alice)
    Membership.objects.filter(room=room, user=alice).update(state=state)
    assert not seen_by(alice, bob)


def test_a_room_shared_with_somebody_else_counts_for_nothing(alice: User, bob: User, eve: User) -> None:
    User.objects.filter(pk=bob.pk).update(presence_audience=Audience.SHARED)
    open_direct_room(opener=bob, other=alice)
    open_direct_room(opener=alice, other=eve)
    open_direct_room(opener=bob, other=bob)
    assert not seen_by(eve, bob)


def test_a_closed_account_is_never_here(alice: User) -> None:
    gone = make_user("gone", is_active=False)
    open_direct_room(opener=alice, other=gone)
    assert not seen_by(alice, gone)


def test_many_are_asked_about_at_once(alice: User, bob: User, eve: User) -> None:
    User.objects.filter(pk=bob.pk).update(presence_audience=Audience.NOBODY)
    asked = [person.public_id for person in (alice, bob, eve)] + ["nobody"]
    seen = services.visible_presences(viewer_id=alice.pk, public_ids=asked)
    assert seen == {alice.public_id: alice.pk, eve.public_id: eve.pk}
    viewers = {alice.pk, bob.pk, eve.pk}
    assert services.presence_audience(user_id=bob.pk, viewer_ids=viewers) == {bob.pk}
    assert services.presence_audience(user_id=0, viewer_ids=viewers) == set()


def test_a_group_counts_as_a_shared_room(alice: User, bob: User, eve: User) -> None:
    User.objects.filter(pk=bob.pk).update(presence_audience=Audience.SHARED)
    create_group(owner=bob, name="Runners", people=[alice])
    assert seen_by(alice, bob)
    assert not seen_by(eve, bob)


def test_every_page_shows_the_same(alice: User, bob: User, eve: User) -> None:
    """Whatever the choices, the strip, the filter, the card and the profile agree with the rule."""
    arrive(bob)
    client = signed_in(eve)
    for audience, listed in product(Audience.values, (True, False)):
        User.objects.filter(pk=bob.pk).update(presence_audience=audience, is_listed=listed)
        shown = audience == Audience.EVERYONE and listed
        page = client.get("/people/")
        assert around(page) == (["bob"] if shown else [])
        assert (f'data-presence="{bob.public_id}">, online' in page.content.decode()) is shown
        assert names(client.get("/people/?show=now")) == (["Bob"] if shown else [])
        if listed:
            profile = client.get("/people/@bob/").content.decode()
            assert (f'data-presence="{bob.public_id}">, online' in profile) is shown
