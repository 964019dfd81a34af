"""Blocking a person and closing a conversation."""

from collections.abc import Callable

import pytest

from accounts.models import Block, User
from accounts.services import change_privacy, change_profile
from chat import events
from chat.errors import NotFound
from chat.models import Membership, Room
from chat.people.blocks import block_person, close_room, why_shut
from chat.people.requests import requests_of, room_with
from chat.people.services import direct_place
from chat.rooms.presenters import load_memberships
from chat.rooms.services import Progress, open_direct_room, record_progress
from tests.base import signed_in
from tests.people.talk import group_of, place, say
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Where Alice and Bob have talked."""
    room = open_direct_room(opener=alice, other=bob)
    say(room, alice), say(room, bob)
    return room


def test_neither_writes_and_undoing_it_opens_both_ways(room: Room, alice: User, bob: User) -> None:
    block_person(blocker=bob, blocked=alice, on=True)
    assert (say(room, alice), say(room, bob)) == ("not_accepting", "you_blocked")

    block_person(blocker=bob, blocked=alice, on=False)
    assert (say(room, alice), say(room, bob)) == ("sent", "sent")


def test_said_twice_it_is_one_block_and_nobodys_version_moves(room: Room, alice: User, bob: User) -> None:
    block_person(blocker=bob, blocked=alice, on=True)
    before = place(room, alice).version
    block_person(blocker=bob, blocked=alice, on=True)

    assert Block.objects.count() == 1
    assert place(room, alice).version == before


def test_two_blocks_need_two_undoings(room: Room, alice: User, bob: User) -> None:
    block_person(blocker=bob, blocked=alice, on=True)
    block_person(blocker=alice, blocked=bob, on=True)
    block_person(blocker=bob, blocked=alice, on=False)

    assert (say(room, alice), say(room, bob)) == ("you_blocked", "not_accepting")


def test_nobody_blocks_themselves(alice: User) -> None:
    with pytest.raises(NotFound):
        block_person(blocker=alice, blocked=alice, on=True)


def test_it_survives_another_name(room: Room, alice: User, bob: User) -> None:
    block_person(blocker=bob, blocked=alice, on=True)
    change_profile(user=alice, username="somebody-new")

    assert say(room, alice) == "not_accepting"
    assert "somebody-new" in signed_in(bob).get("/me/").content.decode()


def test_blocking_a_stranger_opens_no_room(alice: User, bob: User) -> None:
    block_person(blocker=bob, blocked=alice, on=True)

    assert not Membership.objects.exists()
    assert direct_place(alice, bob) is None
    block_person(blocker=bob, blocked=alice, on=False)
    assert say(room_with(bob, opener=alice), alice) == "sent"


def test_blocking_who_asks_takes_the_request_away_for_good(alice: User, bob: User) -> None:
    asked = room_with(bob, opener=alice)
    say(asked, alice)
    block_person(blocker=bob, blocked=alice, on=True)
    assert not requests_of(bob).exists()

    block_person(blocker=bob, blocked=alice, on=False)
    assert not requests_of(bob).exists()
    assert say(asked, alice) == "not_accepting"


def test_what_they_say_in_a_group_is_not_new(alice: User, bob: User) -> None:
    group = group_of(alice, bob)
    block_person(blocker=bob, blocked=alice, on=True)
    say(group, alice, "from somebody blocked")
    mine = load_memberships(Membership.objects.filter(room=group, user=bob))[0]

    assert mine.unread == 0
    assert "from somebody blocked" not in str(mine.latest)


def test_what_is_folded_away_is_shown_when_asked_for(alice: User, bob: User, eve: User) -> None:
    group = group_of(alice, bob)
    block_person(blocker=bob, blocked=alice, on=True)
    say(group, alice, "from somebody blocked")
    address = f"/r/{group.public_id}/messages/1/"
    assert "from somebody blocked" not in signed_in(bob).get(f"/r/{group.public_id}/").content.decode()

    row = signed_in(bob).get(address).json()["message"]
    assert (row["body"], row.get("hidden")) == ("from somebody blocked", None)
    assert signed_in(eve).get(address).status_code == 404
    assert signed_in(bob).get(f"/r/{group.public_id}/messages/2/").status_code == 404
    assert signed_in(bob).get(f"/r/{group.public_id}/messages/{10**30}/").status_code == 404


# --- Closing ----------------------------------------------------------------------------------------------------------


def test_a_closed_conversation_takes_nothing_until_it_is_opened(room: Room, alice: User, bob: User) -> None:
    close_room(user=bob, room=room.public_id, on=True)
    close_room(user=bob, room=room.public_id, on=True)
    assert (say(room, alice), say(room, bob)) == ("not_accepting", "you_blocked")

    close_room(user=bob, room=room.public_id, on=False)
    assert (say(room, alice), say(room, bob)) == ("sent", "sent")


def test_only_ones_own_conversation_with_somebody_can_be_closed(room: Room, alice: User, bob: User, eve: User) -> None:
    notes = open_direct_room(opener=alice, other=alice)
    group = group_of(alice, bob)
    for user, closed in [(eve, room), (alice, notes), (alice, group)]:
        with pytest.raises(NotFound):
            close_room(user=user, room=closed.public_id, on=True)


def test_why_one_takes_nothing_is_told_to_oneself(room: Room, alice: User, bob: User) -> None:
    assert why_shut(place(room, bob)) == ""
    change_privacy(user=bob, write_audience="nobody")
    Membership.objects.filter(room=room, user=bob).update(posting="blocking")
    assert why_shut(place(room, bob)) == "settings"

    close_room(user=bob, room=room.public_id, on=True)
    assert why_shut(place(room, bob)) == "closed"
    block_person(blocker=bob, blocked=alice, on=True)
    assert why_shut(place(room, bob)) == "blocked"
    assert why_shut(place(room, alice)) == ""


# --- Told and raced ---------------------------------------------------------------------------------------------------


def test_it_is_told_after_the_commit_to_each_what_they_may_know(
    room: Room,
    alice: User,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable,
) -> None:
    told: list[tuple[str, object]] = []
    monkeypatch.setattr(events, "blocks_changed", lambda user: told.append(("blocks", user)))
    monkeypatch.setattr(events, "presence_hidden", lambda user: told.append(("hidden", user)))
    monkeypatch.setattr(
        events,
        "memberships_changed",
        lambda some: told.extend((f["posting"], place.user) for place, f in some),
    )
    with django_capture_on_commit_callbacks(execute=True):
        block_person(blocker=bob, blocked=alice, on=True)

    assert sorted(told, key=str) == sorted(
        [("refused", alice), ("blocking", bob), ("blocks", bob), ("hidden", alice), ("hidden", bob)], key=str
    )


def test_receipts_stand_still(room: Room, alice: User, bob: User) -> None:
    record_progress([Progress(bob.pk, room.pk, received=1, read=1)])
    block_person(blocker=bob, blocked=alice, on=True)
    record_progress([Progress(bob.pk, room.pk, received=2, read=2)])

    mine = place(room, bob)
    assert (mine.recv_seq, mine.shown_read_seq, mine.read_seq) == (1, 1, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
def test_a_post_comes_wholly_before_a_block_or_is_refused(known: bool, alice: User, bob: User) -> None:
    """The room of the two is locked by both, also where nobody had opened it."""
    if known:
        open_direct_room(opener=alice, other=bob)

    def act(number: int) -> None:
        if number == 0:
            block_person(blocker=bob, blocked=alice, on=True)
        else:
            say(open_direct_room(opener=alice, other=bob), alice)

    together(4, act)
    room = open_direct_room(opener=alice, other=bob)
    assert place(room, alice).posting == "refused"
    assert say(room, alice) == "not_accepting"
