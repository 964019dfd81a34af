"""Clocks that jump: nobody waits an hour, nobody seems to be here for ever, and the order of a room stays."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.live.limits import Limit
from chat.live.opening import missed
from chat.live.presence import MemoryPresence
from chat.live.rounds import missing_items
from chat.messages.presenters import newest_page, older_page
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership
from chat.rooms.services import open_direct_room

HOUR = 3600.0


@pytest.fixture(params=[-HOUR, HOUR], ids=["back", "forth"])
def jumping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock jumps by an hour whenever somebody looks at it."""
    jumps, real = iter(range(1, 1000)), time.time

    monkeypatch.setattr(time, "time", lambda: real() + next(jumps) * request.param)


@pytest.mark.unit
def test_a_limit_neither_opens_nor_closes(jumping: None) -> None:
    limit = Limit(2, 1)

    assert [limit.wait("alice") == 0 for _ in range(3)] == [True, True, False]
    assert limit.wait("alice") <= 1


@pytest.mark.unit
def test_who_is_here_stays_and_who_went_goes(jumping: None) -> None:
    here = MemoryPresence()
    assert here.touch([(1, "phone"), (2, "laptop")], 70) == {1, 2}
    here.expire(2, "laptop", 0)

    assert here.sweep() == {2}
    assert here.online({1, 2}) == {1}


@pytest.mark.django_db
def test_the_order_is_the_rooms_numbers_whatever_the_times_say(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    now = timezone.now()
    for hours in (0, -5, 3, -1):
        draft = Draft(
            sender_id=alice.pk,
            room=room.public_id,
            client_id=uuid4(),
            body=f"{hours}",
            created_at=now + timedelta(hours=hours),
        )
        assert isinstance(post_messages([draft])[0], Posted)
    place = Membership.objects.select_related("room").get(room=room, user=bob)

    expected = ["0", "-5", "3", "-1"]
    assert [row["body"] for row in missed(bob.pk, room.public_id, 0)["rows"]] == expected
    assert [row["body"] for row in newest_page(place)] == expected
    assert [row["body"] for row in older_page(place, 4)[0]] == expected[:3]
    assert sorted(missing_items(room.pk, 0, 500)[1] or {}) == [1, 2, 3, 4]
