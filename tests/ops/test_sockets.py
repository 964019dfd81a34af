"""Frames in and out of a socket, and readers that don't read."""

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from mychat import fastframes, server, sockets
from tests.live.client import Member
from tests.ops.test_bodies import memory
from tests.ops.wires import HANDSHAKE, Here, frame, open_socket, taken
from tests.servers import Site
from tests.threads import in_a_loop

KIB = 1024


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture(params=[sockets.WebSocketFactory, fastframes.WebSocketFactory])
def socket(here: Here, request: pytest.FixtureRequest) -> sockets.WebSocketProtocol:
    """An open socket on a transport that only remembers."""
    return open_socket(here, request.param, StringTransport())


def send(here: Here, socket: sockets.WebSocketProtocol, text: str) -> Coroutine[Any, Any, None]:
    """Sends as an application does."""
    return here.handle_reply(socket, {"type": "websocket.send", "text": text})


@pytest.mark.unit
def test_a_frame_of_a_mebibyte_goes_out(here: Here, socket: sockets.WebSocketProtocol) -> None:
    in_a_loop(send(here, socket, "x" * KIB * KIB))
    assert len(socket.transport.value()) == KIB * KIB + 10
    assert socket.state == socket.STATE_OPEN


@pytest.mark.unit
def test_frames_wait_while_much_is_unsent(here: Here, socket: sockets.WebSocketProtocol) -> None:
    async def scenario() -> None:
        socket.transport.producer.pauseProducing()
        assert socket.transport.producerState == "paused"
        waiting = asyncio.ensure_future(send(here, socket, "hello"))
        await asyncio.sleep(0.05)
        assert socket.transport.value() == b""
        socket.transport.producer.resumeProducing()
        assert socket.transport.producerState == "producing"
        await asyncio.wait_for(waiting, 1)
        assert b"hello" in socket.transport.value()

    in_a_loop(scenario())


@pytest.mark.unit
def test_who_waits_hears_of_the_end(here: Here, socket: sockets.WebSocketProtocol) -> None:
    async def scenario() -> None:
        socket.pauseProducing()
        waiting = asyncio.ensure_future(send(here, socket, "hello"))
        await asyncio.sleep(0.05)
        socket.connectionLost(Failure(ConnectionDone()))
        await asyncio.wait_for(waiting, 1)
        assert socket.transport.value() == b""

    in_a_loop(scenario())


@pytest.mark.unit
def test_the_application_may_send_by_the_wire(socket: sockets.WebSocketProtocol) -> None:
    socket.send("gr\u00fc\u00df dich".encode())
    assert socket.transport.value() == b"\x81\x0b" + "gr\u00fc\u00df dich".encode()


@pytest.mark.unit
def test_the_application_finds_the_wire_in_its_scope(socket: sockets.WebSocketProtocol) -> None:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope["extensions"]["mychat.wire"].send(b"hello")

    async def scenario() -> None:
        own = server.Server(application, endpoints=["none"])
        own.connections = {socket: {}}
        own.create_application(socket, {"type": "websocket"})
        await own.connections[socket]["application_instance"]

    in_a_loop(scenario())
    assert socket.transport.value() == b"\x81\x05hello"


@pytest.mark.unit
def test_an_application_hears_everything_in_order_whether_it_waits_or_not() -> None:
    async def scenario() -> list[dict[str, Any]]:
        inbox = sockets.Inbox()
        waiting = asyncio.ensure_future(inbox.get())
        await asyncio.sleep(0)
        for number in range(3):
            inbox.put_nowait({"number": number})
        heard = [await waiting, await inbox.get()]
        inbox.put_nowait({"number": 3})
        return [*heard, await inbox.get(), await inbox.get()]

    assert in_a_loop(scenario()) == [{"number": number} for number in range(4)]


@pytest.mark.unit
def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    async def scenario() -> dict[str, Any]:
        inbox = sockets.Inbox()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(inbox.get(), 0.01)
        inbox.put_nowait({"number": 1})
        return await inbox.get()

    assert in_a_loop(scenario()) == {"number": 1}


@pytest.mark.unit
def test_an_open_socket_keeps_neither_handshake_nor_options(socket: sockets.WebSocketProtocol) -> None:
    assert not vars(socket).keys() & set(sockets.HANDSHAKE)
    assert "autoPingTimeout" not in vars(socket)
    assert socket.autoPingTimeout == 10


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without the garbage collector: what is in a circle stays."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.unit
@pytest.mark.usefixtures("uncollected")
def test_nothing_of_http_stays_when_a_socket_takes_over(here: Here) -> None:
    """Twisted's request and channel hold each other, and a full collection may be an hour away."""
    here.ws_factory = sockets.WebSocketFactory(here, server="test")
    channel = server.bodies.HTTPFactory(here).buildProtocol(None)
    channel.makeConnection(StringTransport())
    channel.dataReceived(HANDSHAKE)
    [request] = [weakref.ref(one) for one in here.connections if isinstance(one, server.bodies.Request)]
    here.connections = {one: {} for one in here.connections if one is not request()}
    del channel
    assert request() is None


@pytest.mark.unit
@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("factory", [sockets.WebSocketFactory, fastframes.WebSocketFactory])
def test_a_socket_that_has_gone_is_gone(here: Here, factory: type[sockets.WebSocketFactory]) -> None:
    socket = open_socket(here, factory, StringTransport())
    socket.dataReceived(frame(b"hello"))
    socket.transport.unregisterProducer()  # as a real transport does itself
    socket.connectionLost(Failure(ConnectionDone()))
    here.connections.clear()
    gone = weakref.ref(socket)
    del socket
    assert gone() is None


@pytest.mark.unit
def test_the_wire_says_when_it_is_blocked_and_when_it_flows_again(socket: sockets.WebSocketProtocol) -> None:
    assert not socket.blocked
    socket.transport.producer.pauseProducing()
    assert socket.blocked
    socket.transport.producer.resumeProducing()
    assert not socket.blocked


@pytest.mark.unit
def test_the_wire_of_a_socket_that_ends_takes_nothing(socket: sockets.WebSocketProtocol) -> None:
    socket.pauseProducing()
    socket.sendCloseFrame(code=1012)
    socket.transport.clear()
    socket.send(b"late")
    socket.connectionLost(Failure(ConnectionDone()))
    socket.send(b"too late")
    assert socket.transport.value() == b""


@pytest.mark.unit
def test_no_more_is_read_while_the_application_is_far_behind(socket: sockets.WebSocketProtocol) -> None:
    while socket.transport.producerState == "producing":
        socket.dataReceived(frame(b"x" * 10_000))
    assert socket.application_queue.size < 1.1 * sockets.UNHEARD_BYTES
    for what in (socket.pauseProducing, socket.resumeProducing):  # of what goes out, which has its own reasons
        what()
        assert socket.transport.producerState == "paused"
    messages = taken(socket)
    assert len(messages) > 100
    assert socket.transport.producerState == "producing"


@pytest.mark.unit
def test_an_application_that_catches_up_doesnt_open_a_blocked_socket(socket: sockets.WebSocketProtocol) -> None:
    socket.pauseProducing()
    socket.dataReceived(frame(b"x" * 200_000) * 6)
    taken(socket)
    assert socket.transport.producerState == "paused"
    socket.resumeProducing()
    assert socket.transport.producerState == "producing"


@pytest.mark.unit
def test_a_socket_that_reads_nothing_for_a_minute_is_cut(
    socket: sockets.WebSocketProtocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket.pauseProducing()
    began = time.monotonic()
    monkeypatch.setattr(sockets.time, "monotonic", lambda: began + 59)
    socket.check_timeouts()
    assert not socket.transport.disconnecting
    assert socket.transport.value() == b"", "a ping behind all that would only look like a dead peer"
    monkeypatch.setattr(sockets.time, "monotonic", lambda: began + 61)
    socket.check_timeouts()
    assert socket.transport.disconnected


either_way = pytest.mark.parametrize("fast_frames", ["1", "0"])


@pytest.mark.site
@either_way
def test_a_frame_of_more_than_256_kib_closes_the_socket(
    make_site: Callable[..., Site], alice: User, fast_frames: str
) -> None:
    with Member(make_site(env={"FAST_FRAMES": fast_frames}), alice) as mine:
        mine.hello()
        mine.raw("x" * (256 * KIB + 1))
        assert mine.closed() == 1006  # autobahn drops the connection


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Waits for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.site
@either_way
def test_readers_that_never_read_cost_little_and_hold_up_nobody(
    make_site: Callable[..., Site], alice: User, bob: User, fast_frames: str
) -> None:
    room: Room = open_direct_room(opener=alice, other=bob)
    limits = {"LIVE_POST_BURST": "100000", "LIVE_FRAMES_PER_SECOND": "100000", "LIVE_STALLED_SECONDS": "4"}
    site = make_site(env={**limits, "FAST_FRAMES": fast_frames})
    deaf = [Member(site, bob) for _ in range(8)]
    for member in deaf:
        member.hello()
    with Member(site, alice) as mine:
        mine.hello()
        before = memory(site)
        for _ in range(900):
            mine.post(room.public_id, "\U0001f600" * 4000)
            mine.expect("ack")
        assert memory(site) - before < 40
        until(lambda: site.log_text().count(f"socket closed user={bob.pk} code=1006") == len(deaf))
        mine.say("ping")
        mine.expect("pong")


@pytest.mark.site
def test_compression_is_declined_and_the_socket_opens(site: Site, alice: User) -> None:
    """Every browser offers it. What inflates can be a bomb, and what is deflated beside a secret can tell it."""
    with Member(site, alice) as mine:
        assert mine.hello()["type"] == "ready"
        assert "Sec-WebSocket-Extensions" in mine.connection.request.headers
        assert "Sec-WebSocket-Extensions" not in mine.connection.response.headers
