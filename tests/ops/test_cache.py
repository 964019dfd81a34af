"""The cache while Redis is away: nobody notices but the log."""

import http.client
import logging
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from django.conf import settings

from accounts.models import User
from mychat import cache as ours
from mychat.cache import Cache, Rest
from tests.factories import PASSWORD, make_user
from tests.live.conftest import own_redis  # noqa: F401 - a fixture
from tests.redis_server import OwnRedis
from tests.servers import Site

pytestmark = pytest.mark.redis


@pytest.fixture
def cache(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:  # noqa: F811
    monkeypatch.setattr(Cache, "rest", Rest())
    monkeypatch.setattr(ours, "REST_SECONDS", 1.5)
    made = Cache(own_redis.url, {"KEY_PREFIX": "t", "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}})
    yield made
    made.alone.clear()


def took(call: Callable[[], object]) -> float:
    """The seconds it takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def test_every_question_is_answered_without_redis(cache: Cache, own_redis: OwnRedis) -> None:  # noqa: F811
    cache.set("kept", "there")
    assert cache.get("kept") == "there"
    own_redis.stop()
    assert cache.get("kept") is None
    assert (cache.add("a", 1), cache.add("a", 2), cache.get("a")) == (True, False, 1)
    assert (cache.incr("a"), cache.incr("new"), cache.decr("a")) == (2, 1, 1)
    cache.set_many({"b": [2], "c": 3})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2], "c": 3}
    assert (cache.touch("b", 60), cache.has_key("b"), cache.delete("b"), "b" in cache) == (True, True, True, False)
    assert cache.get_or_set("d", lambda: 4) == 4
    cache.delete_many(["c"])
    cache.clear()
    assert cache.get("d") is None


def test_redis_is_asked_again_after_a_rest(cache: Cache, own_redis: OwnRedis) -> None:  # noqa: F811
    own_redis.stop()
    cache.set("a", "alone")
    own_redis.start()
    assert cache.get("a") == "alone"
    time.sleep(1.6)
    cache.set("a", "shared")
    assert cache._cache.get(cache.make_key("a"), None) == "shared"


def test_a_frozen_redis_costs_one_wait_a_rest_and_one_line(
    cache: Cache,
    own_redis: OwnRedis,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache.set("a", 1)
    own_redis.freeze()
    with caplog.at_level(logging.WARNING, "mychat.cache"):
        assert took(lambda: [cache.get("a") for _ in range(200)]) < 0.9
        assert len(caplog.records) == 1
        time.sleep(1.6)
        assert 0.3 < took(lambda: [cache.get("a") for _ in range(200)]) < 0.9
        assert len(caplog.records) == 2
    assert all(record.name == "mychat.cache" for record in caplog.records)


@pytest.mark.site
def test_people_sign_in_and_up_without_redis(
    make_site: Callable[..., Site],
    own_redis: OwnRedis,  # noqa: F811
    alice: User,
) -> None:
    make_user("olga", is_superuser=True)  # nobody can sign up before there is an owner
    site = make_site(env={"REDIS_URL": own_redis.url})
    own_redis.stop()
    carol = {"display_name": "Carol", "username": "carol", "password1": "nine purple unicycles"}
    assert submit(site, "/accounts/login/", login="alice", password=PASSWORD)[0] == 302
    assert submit(site, "/accounts/signup/", **carol)[0] == 302
    assert User.objects.filter(username="carol").exists()
    # The limits still count.
    answers = [submit(site, "/accounts/login/", login="alice", password="wrong") for _ in range(7)]
    assert "wrong too often" not in answers[0][1]
    assert "wrong too often" in answers[-1][1]


def submit(site: Site, path: str, **fields: str) -> tuple[int, str]:
    """Sends a form. Returns the status and the page."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{settings.CSRF_COOKIE_NAME}={'c' * 32}",
        "X-CSRFToken": "c" * 32,
    }
    connection.request("POST", path, body=urlencode(fields), headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
