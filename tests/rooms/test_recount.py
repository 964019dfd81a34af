"""Unread counted from scratch is what people are told, whatever happened before."""

from collections.abc import Callable
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Block, User
from chat.errors import ChatError
from chat.messages.changes import edit_message, remove_message
from chat.messages.private import hide_message, mark_unread
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Room
from chat.people.blocks import block_person
from chat.rooms import recount, tasks
from chat.rooms.groups import create_group
from chat.rooms.members import join_group, leave_group
from chat.rooms.places import arrange_place
from chat.rooms.recount import count_from_scratch, recount_unread
from chat.rooms.services import Progress, record_progress

pytestmark = pytest.mark.django_db

PEOPLE = st.integers(0, 2)
PLACES = st.integers(1, 30)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), PEOPLE, st.integers(1, 3)),
        st.tuples(
            st.sampled_from(["read", "unread", "read again", "remove", "edit", "hide", "block", "unblock", "leave",
                             "join", "archive"]),
            PEOPLE, PLACES,
        ),
    ),
    min_size=5, max_size=25,
)  # fmt: skip


@pytest.fixture
def room(alice: User, bob: User, eve: User) -> Room:
    made = create_group(owner=alice, name="Allotment 14", is_open=True)
    for one in (bob, eve):
        join_group(user=one, room=made.public_id)
    return made


def do(room: Room, people: list[User], deed: str, who: int, number: int) -> None:
    """One thing that people do; what they may not do, they don't."""
    user, other = people[who], people[(who + number) % 3]
    own = {"user_id": user.pk, "room": room.public_id}
    deeds: dict[str, Callable[[], object]] = {
        "say": lambda: say(room, user, number),
        "read": lambda: record_progress([Progress(user.pk, room.pk, received=number, read=number)]),
        "unread": lambda: mark_unread(**own, seq=number),
        "read again": lambda: mark_unread(**own, on=False),
        "remove": lambda: remove_message(**own, seq=number),
        "edit": lambda: edit_message(**own, seq=number, body=f"better {number}"),
        "hide": lambda: hide_message(**own, seq=number),
        "block": lambda: user != other and block_person(blocker=user, blocked=other, on=True),
        "unblock": lambda: user != other and block_person(blocker=user, blocked=other, on=False),
        "leave": lambda: leave_group(user=user, room=room.public_id),
        "join": lambda: join_group(user=user, room=room.public_id),
        "archive": lambda: arrange_place(**own, archived=number % 2 == 0),
    }
    try:
        deeds[deed]()
    except ChatError:
        return


def say(room: Room, user: User, times: int = 1) -> None:
    post_messages(
        [Draft(sender_id=user.pk, room=room.public_id, client_id=uuid4(), body="hello") for _ in range(times)]
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_nothing_that_people_do_makes_the_counts_differ(
    deeds: list[tuple[str, int, int]], room: Room, alice: User, bob: User, eve: User
) -> None:
    for deed, who, number in deeds:
        do(room, [alice, bob, eve], deed, who, number)

    assert recount_unread().drifted == []
    for place in Membership.objects.filter(room=room).with_unread():
        assert place.unread == count_from_scratch(place)


def test_it_counts_to_a_hundred(room: Room, alice: User, bob: User) -> None:
    say(room, bob, 110)

    place = Membership.objects.with_unread().get(room=room, user=alice)

    assert count_from_scratch(place) == place.unread == 100


def test_a_mistake_is_found_and_told(room: Room, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    say(room, bob)
    monkeypatch.setattr(recount, "count_from_scratch", lambda place: 7)

    with pytest.raises(CommandError, match="drift"):
        call_command("recount")


def test_the_command_and_the_job_find_nothing_wrong(room: Room, alice: User, bob: User) -> None:
    say(room, bob)
    Block.objects.create(blocker=alice, blocked=bob)
    out = StringIO()

    call_command("recount", stdout=out)
    tasks.audit_unread.call()

    assert "3 memberships, drift 0" in out.getvalue()


def test_nobody_is_nothing_to_count() -> None:
    assert recount_unread().checked == 0
