"""Fixtures for tests of search."""

import pytest

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture(params=[True, False], ids=["indexed", "waiting"])
def indexed(request: pytest.FixtureRequest) -> bool:
    """Whether the job has run: what is found must not depend on it."""
    return request.param
