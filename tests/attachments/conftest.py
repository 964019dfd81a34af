"""A room for two to send files in."""

import pytest

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.services import open_direct_room


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Alice's and Bob's, where both may write."""
    room = open_direct_room(opener=alice, other=bob)
    Membership.objects.filter(room=room).update(state=Membership.State.MEMBER, posting=Membership.Posting.FREE)
    return room
