"""Who is here: the same answers from memory and from Redis."""

import secrets
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from chat.live.presence import MemoryPresence, RedisPresence
from tests.servers import free_port

Presence = MemoryPresence | RedisPresence


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def presence(request: pytest.FixtureRequest) -> Iterator[Presence]:
    if request.param == "memory":
        yield MemoryPresence()
    else:
        yield RedisPresence(settings.REDIS_URL, f"{settings.REDIS_PREFIX}:{secrets.token_hex(4)}", {})


def test_the_first_connection_comes_the_second_does_not(presence: Presence) -> None:
    assert presence.touch([(7, "laptop")], 60) == {7}
    assert presence.touch([(7, "phone"), (8, "tablet")], 60) == {8}
    assert presence.online([7, 8, 9]) == {7, 8}
    assert presence.online([]) == set()


def test_nobody_flickers_at_a_reload(presence: Presence) -> None:
    presence.touch([(7, "before")], 60)
    presence.expire(7, "before", 10)

    assert presence.online([7]) == {7}
    assert presence.touch([(7, "after")], 60) == set()
    assert presence.sweep() == set()


def test_the_last_connection_takes_the_person_along(presence: Presence) -> None:
    presence.touch([(7, "laptop"), (7, "phone")], 60)

    presence.expire(7, "laptop", -1)
    assert presence.online([7]) == {7}
    assert presence.sweep() == set()

    presence.expire(7, "phone", -1)
    assert presence.online([7]) == set()
    assert presence.sweep() == {7}
    assert presence.sweep() == set()


def test_who_gives_no_sign_of_life_runs_out(presence: Presence) -> None:
    presence.touch([(7, "killed")], 0.05)
    presence.touch([(8, "alive")], 60)
    time.sleep(0.1)

    assert presence.online([7, 8]) == {8}
    assert presence.newest(10) == [8]
    assert presence.sweep() == {7}


def test_a_connection_that_never_came_cannot_go(presence: Presence) -> None:
    presence.expire(7, "ghost", 60)

    assert presence.online([7]) == set()


def test_the_latest_sign_of_life_comes_first(presence: Presence) -> None:
    for number in range(5):
        presence.touch([(number, "one")], 60 + number)

    assert presence.newest(3) == [4, 3, 2]


@pytest.mark.unit
def test_a_dead_redis_means_nobody_is_known_to_be_here() -> None:
    presence = RedisPresence(f"redis://127.0.0.1:{free_port()}", "test", {})

    started = time.monotonic()
    for _ in range(50):
        assert presence.touch([(7, "laptop")], 60) == set()
        assert presence.online([7]) == set()
        assert presence.newest(5) == []
        assert presence.sweep() == set()
        presence.expire(7, "laptop", 5)
    assert time.monotonic() - started < RedisPresence.REST  # it asked once, then let Redis rest
