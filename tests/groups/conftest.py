"""A group with somebody of each role."""

import pytest

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.groups import create_group
from chat.rooms.members import set_role
from tests.factories import make_user
from tests.live.conftest import join

__all__ = ["join"]


@pytest.fixture
def olga(db: None) -> User:
    """The owner."""
    return make_user("olga")


@pytest.fixture
def mo(db: None) -> User:
    """The moderator."""
    return make_user("mo")


@pytest.fixture
def group(olga: User, mo: User, alice: User, bob: User) -> Room:
    """Olga's; Mo moderates it, Alice and Bob are members, Eve isn't in it."""
    room = create_group(owner=olga, name="Boats", topic="Wood and water", people=[mo, alice, bob])
    set_role(user=olga, room=room.public_id, person=mo.public_id, role=Membership.Role.MODERATOR)
    return room
