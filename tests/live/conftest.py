"""Sockets that close themselves."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.live.client import Join, Member
from tests.redis_server import OwnRedis
from tests.servers import Site


@pytest.fixture
def room(transactional_db: None, alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def join(site: Site) -> Iterator[Join]:
    """`join(user, ROOM=cursor)` opens a socket and says hello; `at=` another site than the shared one."""
    members: list[Member] = []

    def open_socket(user: User, *, at: Site = site, **cursors: int) -> Member:
        member = Member(at, user)
        members.append(member)
        member.hello(**cursors)
        return member

    yield open_socket
    for member in members:
        member.connection.close()


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    """A running Redis that belongs to this test."""
    server = OwnRedis()
    server.start()
    yield server
    server.stop()
