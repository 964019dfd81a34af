"""A stranger asks, and the one asked decides; nothing is given away meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.errors import NotAccepting, NotFound, SlowDown, YouBlocked
from chat.models import Message, Room
from chat.people.blocks import block_person
from chat.people.requests import accept_request, decline_request, requests_of, room_with
from chat.people.services import visible_presences
from chat.rooms.services import Progress, open_direct_room, record_progress
from tests.factories import make_user
from tests.people.talk import group_of, place, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(alice: User, bob: User) -> Room:
    """Alice, a stranger, wrote to Bob."""
    room = room_with(bob, opener=alice)
    say(room, alice)
    return room


def test_a_stranger_asks(alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)

    assert (place(room, alice).state, place(room, alice).posting) == ("member", "asking")
    assert (place(room, bob).state, place(room, bob).posting) == ("request", "asked")
    assert room_with(bob, opener=alice) == room_with(alice, opener=bob) == room
    assert place(room, bob).state == "request"


def test_a_request_without_a_word_is_none(alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)
    assert not requests_of(bob).exists()

    say(room, alice)
    assert [one.room for one in requests_of(bob)] == [room]
    assert not requests_of(alice).exists()


def test_three_messages_are_all_and_the_one_asked_answers_first(asked: Room, alice: User, bob: User) -> None:
    assert [say(asked, alice) for _ in range(3)] == ["sent", "sent", "wait_for_answer"]
    assert say(asked, bob) == "answer_first"


def test_accepting_opens_both_ways(asked: Room, alice: User, bob: User) -> None:
    accept_request(user=bob, room=asked.public_id)
    accept_request(user=bob, room=asked.public_id)

    assert [say(asked, person) for person in (bob, *[alice] * 4)] == ["sent"] * 5
    assert not requests_of(bob).exists()


def test_nothing_is_given_away_before(asked: Room, alice: User, bob: User) -> None:
    record_progress([Progress(bob.pk, asked.pk, received=1, read=1)])

    mine = place(asked, bob)
    assert (mine.recv_seq, mine.read_seq, mine.shown_read_seq) == (0, 1, 0)
    assert bob.public_id not in visible_presences(viewer_id=alice.pk, public_ids=[bob.public_id])


def test_accepting_gives_what_was_held_back(asked: Room, alice: User, bob: User) -> None:
    record_progress([Progress(bob.pk, asked.pk, received=1, read=1)])
    accept_request(user=bob, room=asked.public_id)

    mine = place(asked, bob)
    assert (mine.recv_seq, mine.shown_read_seq) == (1, 1)
    assert bob.public_id in visible_presences(viewer_id=alice.pk, public_ids=[bob.public_id])


def test_who_gives_no_receipts_gives_none_by_accepting(asked: Room, bob: User) -> None:
    bob.gives_receipts = False
    bob.save()
    record_progress([Progress(bob.pk, asked.pk, received=1, read=1)])
    accept_request(user=bob, room=asked.public_id)

    assert (place(asked, bob).recv_seq, place(asked, bob).shown_read_seq) == (0, 0)


def test_declining_looks_like_a_block(asked: Room, alice: User, bob: User) -> None:
    decline_request(user=bob, room=asked.public_id)

    assert say(asked, alice) == "not_accepting"
    assert say(asked, bob) == "not_found"
    assert not requests_of(bob).exists()
    assert room_with(bob, opener=alice) == asked
    assert say(asked, alice) == "not_accepting"
    with pytest.raises(NotFound):
        decline_request(user=bob, room=asked.public_id)


def test_after_thirty_days_one_may_ask_again(asked: Room, alice: User, bob: User) -> None:
    say(asked, alice), say(asked, alice)
    decline_request(user=bob, room=asked.public_id)
    mine = place(asked, bob)
    mine.declined_at = timezone.now() - timedelta(days=31)
    mine.save()
    room_with(bob, opener=alice)

    assert (place(asked, bob).state, place(asked, alice).posting) == ("request", "asking")
    assert not requests_of(bob).exists()
    assert [say(asked, alice, f"again {number}") for number in range(4)] == ["sent"] * 3 + ["wait_for_answer"]
    seen = Message.objects.visible_to(place(asked, bob)).values_list("body", flat=True)
    assert set(seen) == {"again 0", "again 1", "again 2"}


def test_who_declined_may_begin_anew(asked: Room, alice: User, bob: User) -> None:
    decline_request(user=bob, room=asked.public_id)
    room_with(alice, opener=bob)

    assert [say(asked, person) for person in (bob, alice)] == ["sent", "sent"]
    assert Message.objects.visible_to(place(asked, bob)).count() == 2


@pytest.mark.parametrize("who", ["alice", "eve"])
def test_only_the_one_asked_answers(asked: Room, who: str, alice: User, eve: User) -> None:
    user = {"alice": alice, "eve": eve}[who]
    if who == "eve":
        with pytest.raises(NotFound):
            accept_request(user=user, room=asked.public_id)
    else:
        accept_request(user=user, room=asked.public_id)  # she is in the room by her own choice: nothing changes
    with pytest.raises(NotFound):
        decline_request(user=user, room=asked.public_id)
    assert place(asked, alice).posting == "asking"


# --- Who needn't ask --------------------------------------------------------------------------------------------------


def test_who_talked_in_a_group_is_no_stranger(alice: User, bob: User) -> None:
    group = group_of(alice, bob)
    say(group, alice), say(group, bob)

    assert place(room_with(bob, opener=alice), bob).state == "member"


def test_a_group_in_which_one_was_silent_makes_no_acquaintance(alice: User, bob: User) -> None:
    group = group_of(alice, bob)
    say(group, alice)

    assert place(room_with(bob, opener=alice), bob).state == "request"


def test_notes_to_self_ask_nobody(alice: User) -> None:
    room = room_with(alice, opener=alice)
    assert (place(room, alice).state, place(room, alice).posting) == ("member", "free")


def test_a_room_that_was_accepted_stays_so(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    assert place(room_with(alice, opener=bob), alice).state == "member"
    assert place(room, bob).state == "member"


# --- Who may not even ask ---------------------------------------------------------------------------------------------


def test_nobody_shared_and_a_block_refuse_at_the_door_in_the_same_words(alice: User, eve: User) -> None:
    words = set()
    for name, audience in [("nobody", "nobody"), ("shared", "shared"), ("blocker", "everyone")]:
        person = make_user(name, write_audience=audience)
        if name == "blocker":
            block_person(blocker=person, blocked=alice, on=True)
        with pytest.raises(NotAccepting) as refusal:
            room_with(person, opener=alice)
        words.add(refusal.value.message)
    assert len(words) == 1


def test_company_may_ask_whom_only_company_may_ask(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(write_audience="shared")
    bob.refresh_from_db()
    group_of(alice, bob)

    assert place(room_with(bob, opener=alice), bob).state == "request"


def test_whom_one_blocked_one_cant_ask(alice: User, bob: User) -> None:
    block_person(blocker=alice, blocked=bob, on=True)
    with pytest.raises(YouBlocked):
        room_with(bob, opener=alice)


def test_so_many_strangers_in_a_day_and_no_more(alice: User, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "REQUESTS_PER_DAY": 4, "REQUESTS_OF_NEWCOMERS": 2}
    strangers = [make_user(f"stranger{number}") for number in range(6)]
    rooms = [room_with(stranger, opener=alice) for stranger in strangers[:2]]
    with pytest.raises(SlowDown):
        room_with(strangers[2], opener=alice)

    User.objects.filter(pk=alice.pk).update(date_joined=timezone.now() - timedelta(days=2))
    alice.refresh_from_db()
    rooms += [room_with(stranger, opener=alice) for stranger in strangers[2:4]]
    decline_request(user=strangers[0], room=rooms[0].public_id)
    with pytest.raises(SlowDown):  # a declined request isn't given back: that would tell
        room_with(strangers[4], opener=alice)

    accept_request(user=strangers[1], room=rooms[1].public_id)
    assert room_with(strangers[4], opener=alice)
    assert not Room.objects.filter(memberships__user=strangers[5]).exists()
