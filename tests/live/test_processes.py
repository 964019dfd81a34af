"""Two server processes on one database: with Redis, without it, and while it dies."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.services import deactivate
from chat.live import bus
from chat.messages.services import Draft, post_messages
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from tests.base import session_cookie, signed_in
from tests.factories import PASSWORD
from tests.live.client import Join, Member
from tests.redis_server import OwnRedis
from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.postgres]

MakeSite = Callable[..., Site]
NO_REDIS = {"REDIS_URL": ""}


@pytest.fixture(params=["redis", "polling"])
def pair(request: pytest.FixtureRequest, make_site: MakeSite) -> tuple[Site, Site]:
    """Two processes, joined by Redis or by nothing but the database."""
    if request.param == "redis" and not settings.REDIS_URL:
        pytest.fail("this test needs REDIS_URL; bin/test provides it")
    env = {} if request.param == "redis" else NO_REDIS
    return make_site(env), make_site(env)


def test_a_message_reaches_the_other_process(
    pair: tuple[Site, Site], join: Join, room: Room, alice: User, bob: User
) -> None:
    here, there = pair
    mine, theirs = join(alice, at=here), join(bob, at=there)

    for number in range(5):
        mine.post(room.public_id, f"a{number}")
        theirs.post(room.public_id, f"b{number}")

    for member in (mine, theirs):
        assert [next_rev(member) for _ in range(10)] == list(range(1, 11))


def next_rev(member: Member) -> int:
    while True:
        frame = member.next()
        if frame["type"] in {"ack", "message.posted"}:
            return frame["rev"]


def test_receipts_and_new_rooms_reach_the_other_process(
    pair: tuple[Site, Site], join: Join, alice: User, bob: User
) -> None:
    here, there = pair
    mine, theirs = join(alice, at=here), join(bob, at=there)
    room = open_direct_room(opener=alice, other=bob)
    mine.expect("membership.changed")
    assert theirs.expect("membership.changed")["room"] == room.public_id

    mine.post(room.public_id, "hello")
    theirs.expect("message.posted")
    theirs.say("room.read", room=room.public_id, seq=1)

    assert mine.expect("receipts.changed", read=1)["user"] == bob.public_id


@pytest.mark.redis
def test_a_room_whose_opening_nobody_told_is_found_by_comparing(
    make_site: MakeSite, join: Join, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = make_site({"LIVE_RECONCILE_SECONDS": "2"})
    theirs = join(bob, at=there)
    with monkeypatch.context() as lost:
        lost.setattr(bus, "publish", lambda items: None)
        room = open_direct_room(opener=alice, other=bob)
        post_messages([Draft(sender_id=alice.pk, room=room.public_id, client_id=uuid4(), body="anybody?")])

    changed = theirs.expect("membership.changed", timeout=8)
    assert (changed["room"], changed["unread"], changed["last"]["body"]) == (room.public_id, 1, "anybody?")
    with Member(there, alice) as mine:
        mine.hello()
        mine.post(room.public_id, "now you hear me")
        assert theirs.expect("message.posted")["rev"] == 2


@pytest.mark.redis
def test_redis_may_die_and_come_back(
    make_site: MakeSite, own_redis: OwnRedis, join: Join, room: Room, alice: User, bob: User
) -> None:
    env = {"REDIS_URL": own_redis.url}
    here, there = make_site(env), make_site(env)
    mine, theirs = join(alice, at=here), join(bob, at=there)
    mine.post(room.public_id, "with Redis")
    theirs.expect("message.posted", rev=1)

    own_redis.stop()
    mine.post(room.public_id, "without Redis")
    mine.expect("ack", rev=2, timeout=2)
    theirs.expect("message.posted", rev=2, timeout=10)
    late = join(bob, at=there)  # a new socket opens while Redis is away
    assert late.heard[0]["memberships"][0]["last_rev"] == 2

    own_redis.start()
    mine.post(room.public_id, "with Redis again")
    for member in (theirs, late):
        member.expect("message.posted", rev=3, timeout=10)
    theirs.post(room.public_id, "and back")
    assert mine.expect("message.posted", rev=4, timeout=10)
    assert Message.objects.count() == 4


@pytest.mark.redis
def test_a_frozen_redis_holds_up_nobody(
    make_site: MakeSite, own_redis: OwnRedis, join: Join, room: Room, alice: User, bob: User
) -> None:
    env = {"REDIS_URL": own_redis.url}
    here, there = make_site(env), make_site(env)
    mine, theirs = join(alice, at=here), join(bob, at=there)

    own_redis.freeze()
    started = time.monotonic()
    mine.post(room.public_id, "anybody?")
    mine.expect("ack")
    assert time.monotonic() - started < 2
    theirs.expect("message.posted", rev=1, timeout=10)


@pytest.mark.redis
@pytest.mark.parametrize("env", [{}, NO_REDIS], ids=["redis", "epochs"])
def test_signing_out_closes_the_sockets_of_that_session(make_site: MakeSite, env: dict, alice: User) -> None:
    """At once by the published revocation; within 15 seconds by looking again when nothing was published."""
    there = make_site(env)
    client, other = signed_in(alice), signed_in(alice)
    with (
        Member(there, alice, cookie=cookie_of(client)) as leaving,
        Member(there, alice, cookie=cookie_of(other)) as staying,
    ):
        leaving.hello()
        staying.hello()

        client.post("/accounts/logout/")

        assert leaving.closed(timeout=2 if not env else 20) == 4401
        staying.say("ping")
        staying.expect("pong")


@pytest.mark.redis
@pytest.mark.parametrize("env", [{}, NO_REDIS], ids=["redis", "epochs"])
def test_a_new_password_closes_every_socket(make_site: MakeSite, env: dict, room: Room, alice: User) -> None:
    there = make_site(env)
    with Member(there, alice) as mine:
        mine.hello()
        new = "nine purple unicycles"
        browser = signed_in(alice)
        answer = browser.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
        )
        assert answer.status_code == 302

        if env:  # nothing was published: the socket stands yet, but nothing it writes is stored
            mine.post(room.public_id, "too late")
            assert mine.expect("nack")["code"] == "signed_out"
        assert mine.closed(timeout=2 if not env else 20) == 4401
    assert not Message.objects.exists()


@pytest.mark.redis
def test_a_deactivated_person_is_gone_at_once(make_site: MakeSite, alice: User) -> None:
    there = make_site()
    with Member(there, alice) as mine:
        mine.hello()
        deactivate(user=alice)
        assert mine.closed(timeout=2) == 4401
    with Member(there, None, cookie=session_cookie_before(alice)) as again:
        assert again.closed() == 4401


def cookie_of(client: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"


def session_cookie_before(user: User) -> str:
    user.is_active = True
    user.save()
    cookie = session_cookie(user)
    user.is_active = False
    user.save()
    return cookie


@pytest.mark.redis
def test_presence_survives_a_killed_process(make_site: MakeSite, alice: User, bob: User) -> None:
    here, there = make_site(), make_site()
    with Member(here, alice) as mine, Member(there, bob) as theirs:
        mine.hello()
        theirs.hello()
        mine.say("presence.watch", users=[bob.public_id])
        mine.expect("presence.changed", state="online")
        there.kill()
        with redis.Redis.from_url(settings.REDIS_URL) as client:  # let time pass: what he has runs out
            client.zadd(f"{settings.REDIS_PREFIX}:presence", {str(bob.pk): time.time() - 1})
        mine.expect("presence.changed", state="offline", timeout=15)
