"""Pointers only grow, never pass the room's end, and are told to those they concern."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat import events
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Room
from chat.rooms.presenters import load_memberships, membership, receipts
from chat.rooms.services import Progress, open_direct_room, record_progress

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    room = open_direct_room(opener=alice, other=bob)
    post_messages(
        [Draft(sender_id=alice.pk, room=room.public_id, client_id=uuid4(), body=f"m{number}") for number in range(10)]
    )
    return room


def pointers(room: Room, user: User) -> tuple[int, int, int]:
    place = Membership.objects.get(room=room, user=user)
    return place.recv_seq, place.read_seq, place.shown_read_seq


def test_having_read_means_having_received(room: Room, bob: User) -> None:
    report = Progress(bob.pk, room.pk)
    report.merge(received=2, read=5)
    record_progress([report])

    assert pointers(room, bob) == (5, 5, 5)


def test_an_outsiders_report_changes_nothing(room: Room, alice: User, bob: User, eve: User) -> None:
    record_progress([Progress(eve.pk, room.pk, received=5, read=5)])

    assert pointers(room, alice) == pointers(room, bob) == (0, 0, 0)


def test_who_was_removed_reports_in_vain(room: Room, bob: User) -> None:
    Membership.objects.filter(room=room, user=bob).update(state=Membership.State.REMOVED)

    record_progress([Progress(bob.pk, room.pk, received=5, read=5)])

    assert pointers(room, bob) == (0, 0, 0)


def test_many_rooms_at_once_are_no_matter(alice: User) -> None:
    rooms = Room.objects.bulk_create(Room(kind=Room.Kind.GROUP, name="Many", last_rev=3) for _ in range(1200))
    Membership.objects.bulk_create(Membership(room=room, user=alice) for room in rooms)

    record_progress([Progress(alice.pk, room.pk, received=2, read=1) for room in rooms])

    assert Membership.objects.filter(user=alice, recv_seq=0, read_seq=1, shown_read_seq=1).count() == 1200


def test_in_a_group_only_reading_counts_and_nobody_is_told(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable
) -> None:
    told: list[Membership] = []
    monkeypatch.setattr(events, "progress_recorded", told.extend)
    group = Room.objects.create(kind=Room.Kind.GROUP, name="Runners", last_rev=5)
    Membership.objects.bulk_create(Membership(room=group, user=person) for person in (alice, bob))
    with django_capture_on_commit_callbacks(execute=True):
        record_progress([Progress(bob.pk, group.pk, received=5, read=4)])

    assert (pointers(group, bob), told) == ((0, 4, 4), [])


def test_a_report_for_one_room_moves_no_other(alice: User, bob: User, eve: User) -> None:
    """Reports of several people and rooms are chosen as pairs, not as all combinations."""
    one, two = (open_direct_room(opener=alice, other=other) for other in (bob, eve))
    Room.objects.update(last_rev=9)

    record_progress([Progress(alice.pk, one.pk, received=5), Progress(eve.pk, two.pk, received=7)])

    assert (pointers(one, alice)[0], pointers(two, alice)[0], pointers(two, eve)[0]) == (5, 0, 7)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=8))
def test_any_order_of_reports_ends_at_the_furthest(room: Room, bob: User, reports: list[tuple[int, int]]) -> None:
    Membership.objects.filter(room=room, user=bob).update(recv_seq=0, read_seq=0, shown_read_seq=0)
    before = (0, 0, 0)
    for received, read in reports:
        record_progress([Progress(bob.pk, room.pk, received=max(received, read), read=read)])
        now = pointers(room, bob)
        assert all(new >= old for new, old in zip(now, before, strict=True))
        before = now

    furthest_read = min(10, max((read for _, read in reports), default=0))
    furthest = min(10, max((max(one) for one in reports), default=0))
    assert before == (furthest, furthest_read, furthest_read)


def test_what_moved_is_announced_once_and_what_did_not_is_not(
    room: Room, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        events, "progress_recorded", lambda places: told.extend(f"receipt {p.recv_seq}" for p in places)
    )
    monkeypatch.setattr(events, "memberships_changed", lambda some: told.extend(f"own {p.read_seq}" for p, _ in some))

    for report in (Progress(bob.pk, room.pk, received=4), Progress(bob.pk, room.pk, received=4, read=4)):
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                record_progress([report])

    assert told == ["receipt 4", "receipt 4", "own 4"]


# --- Receipts that aren't given ---------------------------------------------------------------------------------------


def choose(user: User, *, gives: bool) -> None:
    User.objects.filter(pk=user.pk).update(gives_receipts=gives)


def test_who_gives_none_reads_for_themselves(room: Room, bob: User) -> None:
    record_progress([Progress(bob.pk, room.pk, received=3, read=2)])
    choose(bob, gives=False)
    record_progress([Progress(bob.pk, room.pk, received=9, read=8)])

    assert pointers(room, bob) == (3, 8, 2)  # ticks already shown stay

    choose(bob, gives=True)
    record_progress([Progress(bob.pk, room.pk, received=9, read=8)])
    assert pointers(room, bob) == (9, 8, 8)


@pytest.mark.parametrize("gives", [True, False])
def test_who_gives_none_hears_none(
    room: Room,
    alice: User,
    bob: User,
    gives: bool,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable,
) -> None:
    told: list[Membership] = []
    monkeypatch.setattr(events, "progress_recorded", told.extend)
    choose(alice, gives=gives)
    with django_capture_on_commit_callbacks(execute=True):
        record_progress([Progress(bob.pk, room.pk, received=3, read=2)])
    mine = load_memberships(Membership.objects.filter(room=room, user=alice))[0]

    shown = {"received": 3, "read": 2} if gives else {"received": 0, "read": 0}
    assert membership(mine)["receipts"] == receipts(mine) == {bob.public_id: shown}
    assert [place.user_id for place in told] == ([bob.pk] if gives else [])


@pytest.mark.parametrize("posting", ["asked", "blocking", "refused"])
def test_who_shut_the_other_out_or_has_not_accepted_shows_nothing(room: Room, bob: User, posting: str) -> None:
    Membership.objects.filter(room=room, user=bob).update(posting=posting)
    record_progress([Progress(bob.pk, room.pk, received=3, read=2)])

    assert pointers(room, bob) == (0, 2, 0)
