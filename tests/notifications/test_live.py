"""Notices over real sockets: to one person's, and to everybody's."""

import pytest

from accounts.models import User
from chat.models import Room
from chat.notifications.services import announce, notify, say_in_room
from chat.rooms.services import open_direct_room
from tests.live.client import Member
from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.redis]


@pytest.fixture
def room(transactional_db: None, alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


def test_notices_and_announcements_reach_whom_they_are_for(site: Site, room: Room, alice: User, bob: User) -> None:
    with Member(site, alice) as hers, Member(site, bob) as his:
        for one in (hers, his):
            one.hello()
        notice = notify(user=alice, kind="export", title="Ready", url="/me/")
        announce(title="Maintenance at noon")
        told = hers.expect("notice.posted")
        assert (told["id"], told["title"], told["url"]) == (notice.pk, "Ready", "/me/")
        assert hers.expect("notice.posted")["kind"] == "announcement"
        assert his.expect("notice.posted")["title"] == "Maintenance at noon"  # the first that he hears
        say_in_room(room=room, body="Water is off")
        for one in (hers, his):
            row = one.expect("message.posted")["message"]
            assert (row["sender"], row["body"]) == (None, "Water is off")
