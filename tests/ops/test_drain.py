"""SIGTERM on a real server: everybody is told, everything begun is finished, and the process always ends."""

import asyncio
import http.client
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from chat.live import drain
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from mychat.server import Server
from tests.base import session_cookie
from tests.live.client import Member
from tests.servers import Site, server_environment
from tests.threads import in_a_loop

pytestmark = pytest.mark.site

CSRF = "c" * 32


@pytest.fixture
def own(make_site) -> Iterator[Site]:
    site = make_site()
    yield site
    site.assert_log_clean()


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def cookie(alice: User) -> str:
    return session_cookie(alice)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def post(site: Site, cookie: str, room: Room, body: str, *, pause: float = 0) -> tuple[int, dict]:
    """Posts by HTTP; with a pause in the middle of the request's body."""
    text = json.dumps({"client_id": str(uuid4()), "body": body}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.putrequest("POST", f"/r/{room.public_id}/messages/")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(text)))
    connection.putheader("Cookie", f"{cookie}; {settings.CSRF_COOKIE_NAME}={CSRF}")
    connection.putheader("X-CSRFToken", CSRF)
    connection.endheaders(text[:5])
    time.sleep(pause)
    connection.send(text[5:])
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def close_code(member: Member) -> int | None:
    """Reads until the server closes; returns its code."""
    try:
        while True:
            member.next(timeout=15)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("fast_frames", ["1", "0"])
def test_every_socket_is_told_and_closed_with_service_restart(
    make_site, alice: User, bob: User, eve: User, fast_frames: str
) -> None:
    site = make_site(env={"FAST_FRAMES": fast_frames})
    members = [Member(site, user) for user in (alice, alice, bob, eve)]
    for member in members:
        member.hello()
    site.signal(signal.SIGTERM)
    codes = [close_code(member) for member in members]
    assert site.wait() == 0
    assert codes == [1012] * 4
    for member in members:
        farewell = member.heard[-1]
        assert farewell["type"] == "bye"
        assert farewell["retry_after"] >= 0


def test_a_request_that_waits_for_a_lock_is_answered(
    own: Site, cookie: str, room: Room, threads: ThreadPoolExecutor
) -> None:
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        Room.objects.filter(pk=room.pk).update(last_rev=room.last_rev)
        answer = threads.submit(post, own, cookie, room, "before the door closes")
        time.sleep(0.7)
        assert not answer.done()
        own.signal(signal.SIGTERM)
        time.sleep(1.8)
        assert own.running
    assert answer.result()[0] == 200
    assert own.wait() == 0
    assert list(Message.objects.values_list("body", flat=True)) == ["before the door closes"]


def test_a_request_whose_body_takes_four_seconds_is_answered(
    own: Site, cookie: str, room: Room, threads: ThreadPoolExecutor
) -> None:
    answer: Future = threads.submit(post, own, cookie, room, "slow uplink", pause=4)
    time.sleep(0.7)
    own.signal(signal.SIGTERM)
    status, ack = answer.result()
    assert (status, ack["type"]) == (200, "ack")
    assert own.wait() == 0


def test_a_second_signal_changes_nothing(own: Site, cookie: str, room: Room, threads: ThreadPoolExecutor) -> None:
    answer: Future = threads.submit(post, own, cookie, room, "patience", pause=2)
    time.sleep(0.5)
    for _ in range(3):
        own.signal(signal.SIGTERM)
        time.sleep(0.2)
    own.signal(signal.SIGINT)
    assert answer.result()[0] == 200
    assert own.wait() == 0


def test_control_c_ends_an_idle_server_at_once(own: Site, alice: User) -> None:
    member = Member(own, alice)
    member.hello()
    began = time.monotonic()
    own.signal(signal.SIGINT)
    assert close_code(member) == 1012
    assert own.wait() == 0
    assert time.monotonic() - began < 3


def test_no_new_connection_is_taken_while_others_finish(
    own: Site, cookie: str, room: Room, threads: ThreadPoolExecutor
) -> None:
    answer: Future = threads.submit(post, own, cookie, room, "the last one", pause=2)
    time.sleep(0.5)
    own.signal(signal.SIGTERM)
    time.sleep(0.5)
    with pytest.raises(OSError, match="refused"):
        own.get("/healthz")
    assert answer.result()[0] == 200
    assert own.wait() == 0


def test_a_process_that_ends_is_not_ready_and_takes_no_socket_where_it_still_listens(
    own: Site, cookie: str, room: Room, threads: ThreadPoolExecutor
) -> None:
    kept, other = (http.client.HTTPConnection("127.0.0.1", own.port, timeout=10) for _ in range(2))
    assert asked(kept, "/readyz") == (200, "ready\n")
    assert asked(other, "/healthz")[0] == 200
    answer: Future = threads.submit(post, own, cookie, room, "still inside", pause=2)
    time.sleep(0.5)
    own.signal(signal.SIGTERM)
    time.sleep(0.5)
    assert asked(kept, "/readyz") == (503, "process: ending\n")
    assert asked(other, "/ws/", Origin=own.url, **UPGRADE)[0] == 403
    assert answer.result()[0] == 200
    assert own.wait() == 0


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def asked(connection: http.client.HTTPConnection, path: str, **headers: str) -> tuple[int, str]:
    """The answer on a connection that was open before."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_request_that_never_ends_doesnt_keep_the_process(own: Site, cookie: str, room: Room) -> None:
    stuck = threading.Thread(target=lambda: swallow(post, own, cookie, room, "never", pause=40), daemon=True)
    stuck.start()
    time.sleep(0.7)
    began = time.monotonic()
    assert own.terminate() == 0
    assert 18 < time.monotonic() - began < 28
    assert not Message.objects.exists()


def swallow(function, *args, **kwargs) -> None:
    """Calls, whatever comes of it."""
    try:
        function(*args, **kwargs)
    except OSError:
        return


def test_what_was_reported_just_before_the_end_is_stored(own: Site, alice: User, bob: User, room: Room) -> None:
    with Member(own, alice) as one, Member(own, bob) as other:
        one.hello()
        other.hello()
        one.post(room.public_id, "did you get this?")
        seq = other.expect("message.posted")["message"]["seq"]
        other.say("room.read", room=room.public_id, seq=seq)
        other.drain()
        assert own.terminate() == 0
    assert room.memberships.get(user=bob).read_seq == seq


class StockDaphne(Site):
    """The same application, sync middleware and all, under daphne as it comes."""

    def command(self) -> list[str]:
        """What starts the process."""
        return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "mychat.asgi:application"]


@pytest.fixture
def stock(static_root: Path, tmp_path: Path) -> Iterator[Site]:
    site = StockDaphne(server_environment(static_root), tmp_path / "stock.log").start()
    yield site
    site.kill()


def test_stock_daphne_drops_its_sockets_and_hangs_where_ours_ends_in_order(
    own: Site, stock: Site, alice: User, cookie: str, room: Room, threads: ThreadPoolExecutor
) -> None:
    """A request is inside sync middleware at the signal: daphne's loop stops, and the request's thread waits for it."""
    ours, theirs = Member(own, alice), Member(stock, alice)
    for member in (ours, theirs):
        member.hello()
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        answer = threads.submit(post, own, cookie, room, "answered")
        threads.submit(swallow, post, stock, cookie, room, "cut off")
        time.sleep(0.7)
        for site in (own, stock):
            site.signal(signal.SIGTERM)
        time.sleep(0.7)
    assert (close_code(ours), close_code(theirs)) == (1012, None), "None: no close frame, 1006 to a browser"
    assert answer.result()[0] == 200
    assert own.wait() == 0
    stock.signal(signal.SIGTERM)
    time.sleep(5)
    assert stock.running, "daphne ends in order now: is our own drain still needed?"


@pytest.mark.parametrize(("sockets", "seconds"), [(0, 0), (5, 0.1), (100, 2), (100_000, 5)])
def test_many_sockets_are_sent_away_over_a_longer_time(sockets: int, seconds: float) -> None:
    assert drain.spread(sockets) == seconds


def test_the_hub_writes_last_when_every_socket_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    async def consumer() -> None:
        await asyncio.sleep(0.3)
        happened.append("socket ended")

    async def finish() -> None:
        happened.append("hub finished")

    async def scenario() -> None:
        server = Server(None, endpoints=["none"])
        server.drain = drain
        server.connections = {object(): {"disconnected": 1, "application_instance": asyncio.ensure_future(consumer())}}
        await server._end()

    monkeypatch.setattr(drain, "_begun", threading.Event())
    monkeypatch.setattr(drain, "finish", finish)
    in_a_loop(scenario())
    assert happened == ["socket ended", "hub finished"]
