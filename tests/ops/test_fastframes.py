"""The short way for small frames gives what autobahn and Twisted give, whatever arrives and however it is cut."""

import contextlib
import itertools
import logging
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from autobahn.exception import Disconnected
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from twisted.internet import tcp
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from mychat import fastframes, sockets
from tests.live.client import Member
from tests.ops.wires import LIMIT, Here, frame, open_socket, taken
from tests.servers import Site

BOTH = (sockets.WebSocketFactory, fastframes.WebSocketFactory)
AT = 1_700_000_000_000_000_000  # the time in pings, which would differ otherwise

# --- What may arrive ------------------------------------------------------------------------------------------------


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in pieces, cut at these places."""
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(bounds)]


def of_lengths(*lengths: int) -> SearchStrategy[bytes]:
    """Texts around the lengths where a frame's form changes."""
    return st.sampled_from([b"x" * length for length in lengths])


masks = st.binary(min_size=4, max_size=4)
texts = st.text(max_size=200).map(str.encode)
borders = of_lengths(0, 1, 125, 126, 127, 4000, fastframes.SMALL, fastframes.SMALL + 1)
longs = of_lengths(0xFFFF, 0x10000, LIMIT, LIMIT + 1)
good = st.builds(frame, texts | borders, mask=masks)
control = st.builds(frame, st.binary(max_size=125), first=st.sampled_from([0x89, 0x8A]))


def fragmented(text: bytes, places: list[int], between: bytes) -> bytes:
    """A text in fragments, cut wherever, with a ping or pong between each two."""
    parts = cut(text, places)
    first = [0x01, *[0] * len(parts)][: len(parts)]
    first[-1] |= 0x80
    return between.join(frame(part, first=opcode) for part, opcode in zip(parts, first, strict=True))


fragments = st.builds(fragmented, texts, st.lists(st.integers(0, 300), max_size=3), control | st.just(b""))
closing = st.builds(
    lambda code, reason: frame(struct.pack("!H", code) + reason, first=0x88),
    st.sampled_from([999, 1000, 1001, 1005, 3000, 4401]),
    st.binary(max_size=10),
)
broken = st.sampled_from([b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
broken_texts = st.builds(lambda start, bad, end: frame(start + bad + end), texts, broken, texts)
unmasked = st.builds(frame, texts, mask=st.none())
long_forms = st.builds(frame, texts, size=st.sampled_from([126, 127]))
begun = st.builds(frame, texts, first=st.just(0x01))  # and not gone on with, as the next must
kinds = [0x82, 0x80, 0x01, 0x09, 0xC1, 0x91, 0x83, 0x8B]
other_kinds = st.builds(frame, st.binary(max_size=200), first=st.sampled_from(kinds))
usual = st.one_of(good, good, good, fragments, control)
unusual = st.one_of(
    closing, broken_texts, unmasked, long_forms, begun, other_kinds, st.builds(frame, longs), st.binary(max_size=20)
)
few = st.lists(usual, max_size=5)
streams = st.builds(lambda before, one, after: b"".join([*before, one, *after]), few, unusual, few)


places = st.lists(st.integers(0, 2**20), max_size=8)
arrivals = st.builds(cut, streams, places)
usual_arrivals = st.builds(cut, st.lists(usual, max_size=12).map(b"".join), places)

# --- In -------------------------------------------------------------------------------------------------------------


def observed(protocol: Any) -> tuple[Any, ...]:
    """What the application, the client and the operating system see of a socket. Takes the application's messages."""
    transport = protocol.transport
    ends = (transport.disconnecting, transport.disconnected, protocol.state, protocol.wasNotCleanReason)
    return taken(protocol), transport.value(), ends, protocol.autoPingTimeoutCall is None, protocol.autoPingPending


def both_open(**options: Any) -> list[Any]:
    return [open_socket(Here(), factory, StringTransport(), **options) for factory in BOTH]


@contextlib.contextmanager
def pair(**options: Any) -> Iterator[list[Any]]:
    """The same socket by the long and by the short way."""
    with patch("time.time_ns", return_value=AT):
        protocols = both_open(**options)
        yield protocols
        for protocol in protocols:
            protocol.connectionLost(Failure(ConnectionDone()))
    assert observed(protocols[0]) == observed(protocols[1])


def feed(protocols: list[Any], piece: bytes) -> None:
    """One arrival of bytes at both."""
    for protocol in protocols:
        protocol.dataReceived(piece)
    long, short = map(observed, protocols)
    assert short == long


@pytest.mark.unit
@settings(deadline=None, max_examples=300)
@example(pieces=[frame(b"hello", mask=None)])
@example(pieces=[frame(b"hello", first=0xC1)])
@example(pieces=[b"\x81\xff\x01" + bytes(7) + b"x" * 400])  # of 2 ** 56 bytes
@example(pieces=[b"\x81\xfe", b"\x00\x80", bytes(4) + b"x" * 128])
@example(pieces=[frame(b"\x03\xe8", first=0x88), frame(b"after the end")])
@example(pieces=[frame(b"begun", first=0x01), frame(b"not gone on with")])
# A second piece that would alone be an empty text: behind a part of a header, of a text, and of a ping.
@example(pieces=[b"\x81", b"\x81\x80\x00\x00\x00a"])
@example(pieces=[frame("\u2040abcd".encode(), mask=bytes(4))[:7], b"\x81\x80abcd"])
@example(pieces=[frame(b"p\x81\x80abcd", first=0x89, mask=bytes(4))[:7], b"\x81\x80abcd"])
@given(pieces=arrivals)
def test_what_arrives_gives_the_same_messages_answers_and_closes(pieces: list[bytes]) -> None:
    with pair() as protocols:
        for piece in pieces:
            feed(protocols, piece)


@pytest.mark.unit
@settings(deadline=None, max_examples=100)
@given(pieces=usual_arrivals, pinged=st.sets(st.integers(0, 12)), answered=st.booleans())
def test_a_message_is_a_sign_of_life_as_good_as_a_pong(pieces: list[bytes], pinged: set[int], answered: bool) -> None:
    with pair() as protocols:
        for number, piece in enumerate(pieces):
            if number in pinged:
                for protocol in protocols:
                    protocol._sendAutoPing()
            feed(protocols, piece)
        if answered and protocols[0].autoPingPending and not protocols[0].data and not protocols[0].current_frame:
            feed(protocols, frame(protocols[0].autoPingPending, first=0x8A))


@pytest.mark.unit
def test_small_texts_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = open_socket(Here(), fastframes.WebSocketFactory, StringTransport())
    monkeypatch.setattr(protocol, "_dataReceived", lambda data: pytest.fail("the long way"))
    protocol.dataReceived(frame(b"one") + frame("zw\u00f6lf".encode()) + frame(b"x" * 4000))
    assert [message.get("text") for message in observed(protocol)[0]] == [None, "one", "zw\u00f6lf", "x" * 4000]


# --- Out ------------------------------------------------------------------------------------------------------------


class Reactor:
    """Remembers who wants to write, and never calls anybody."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, writer: Any) -> None:  # noqa: N802 - Twisted's name
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802 - Twisted's name
        self.writers.discard(writer)

    def addReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        """Nothing is read."""

    def removeReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        """Nothing was read."""

    def callLater(self, seconds: float, function: Any, *args: Any) -> None:  # noqa: N802 - Twisted's name
        """Later never comes."""


class Line:
    """A socket of ours with a real connection, whose other end reads when it is told to."""

    def __init__(self, factory: type[sockets.WebSocketFactory]) -> None:
        mine, self.far = socket.socketpair()
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.far.setblocking(False)
        self.reactor = Reactor()
        self.heard = b""
        self.transport = tcp.Server(mine, None, ("127.0.0.1", 1), None, 1, self.reactor)
        self.transport.getHost = self.transport.getPeer = lambda: IPv4Address("TCP", "127.0.0.1", 1)
        self.socket: Any = open_socket(Here(), factory, self.transport)
        self.transport.protocol = self.socket
        self.turn(0)  # the answer to the handshake

    def text(self, length: int) -> None:
        self.socket.send(b"t" * length)

    def binary(self, length: int) -> None:
        if self.socket.state == self.socket.STATE_OPEN:
            self.socket.sendMessage(b"b" * length, True)

    def chopped(self, length: int) -> None:
        """Goes through autobahn's own queue, and so must what comes after it."""
        if self.socket.state == self.socket.STATE_OPEN:
            self.socket.sendMessage(b"c" * length, sync=True)

    def ping(self, length: int) -> None:
        self.socket.sendPing(b"p" * min(length, 125))

    def close(self, length: int) -> None:
        self.socket.sendCloseFrame(code=1012, reasonUtf8=b"restarting")

    def turn(self, length: int) -> None:
        """The loop comes round: autobahn's queue moves, and the transport writes if the network takes it."""
        if self.socket.send_queue:
            self.socket._send()
        for writer in list(self.reactor.writers):
            assert writer.doWrite() is None

    def read(self, length: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self.heard += self.far.recv(length + 1)

    def finish(self) -> bytes:
        """Lets everything through; returns all the client ever got."""
        while self.more_came() or self.socket.send_queue or self.reactor.writers:
            self.turn(0)
        assert not self.socket.blocked
        for end in (self.far, self.transport.socket):
            end.close()
        return self.heard

    def more_came(self) -> bool:
        before = len(self.heard)
        self.read(2**20)
        return len(self.heard) > before


lengths = st.one_of(st.integers(0, 300), st.sampled_from([125, 126, 4000, 0xFFFF, 0x10000, 200_000]))
acts = st.sampled_from(["text"] * 4 + ["turn"] * 3 + ["read"] * 3 + ["binary", "chopped", "ping"])
script = st.lists(st.tuples(acts, lengths), max_size=40)


@pytest.mark.unit
@settings(deadline=None, max_examples=200)
@example(script=[("text", 4000)] * 4 + [("turn", 0), ("read", 50), ("text", 9)], closes=False, after=[])
@given(script=script, closes=st.booleans(), after=script)
def test_what_is_sent_arrives_the_same_and_in_order(
    script: list[tuple[str, int]], closes: bool, after: list[tuple[str, int]]
) -> None:
    def played(factory: type[sockets.WebSocketFactory]) -> bytes:
        line = Line(factory)
        with patch("txaio.call_later"):
            for act, length in [*script, *([("close", 0)] if closes else []), *after]:
                getattr(line, act)(length)
            return line.finish()

    assert played(BOTH[1]) == played(BOTH[0])


@pytest.mark.unit
def test_a_frame_is_with_the_network_at_once_and_the_rest_follows() -> None:
    line = Line(fastframes.WebSocketFactory)
    line.text(100)
    assert not line.reactor.writers
    while not line.reactor.writers:
        line.text(4000)
    line.text(50_000)
    line.text(50_000)
    assert line.socket.blocked
    line.finish()
    assert not line.socket.blocked


@pytest.mark.unit
def test_a_broken_connection_is_left_to_the_transport() -> None:
    line = Line(fastframes.WebSocketFactory)
    line.far.close()
    line.text(100)
    line.text(100)
    [writer] = line.reactor.writers
    failure = Failure(writer.doWrite())
    writer.connectionLost(failure)
    line.text(100)
    assert taken(line.socket) == [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}]


@pytest.mark.unit
@pytest.mark.parametrize("factory", BOTH)
def test_a_closed_socket_refuses_to_send(factory: type[sockets.WebSocketFactory]) -> None:
    line = Line(factory)
    line.close(0)
    with pytest.raises(Disconnected):
        line.socket.sendMessage(b"late")


@pytest.mark.unit
def test_a_transport_that_has_just_gone_is_not_written_to() -> None:
    line = Line(fastframes.WebSocketFactory)
    line.transport.connected = 0
    line.text(100)
    line.read(1000)
    assert b"t" * 100 not in line.heard


# --- When it isn't taken --------------------------------------------------------------------------------------------


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What was said about the way that sockets take."""
    fastframes.tell.cache_clear()
    with caplog.at_level(logging.INFO, logger="mychat.server"):
        yield lambda: [record.getMessage() for record in caplog.records if "way" in record.getMessage()]
    fastframes.tell.cache_clear()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("options", "odd"),
    [
        ({"utf8validateIncoming": False}, "utf8validateIncoming"),
        ({"maskServerFrames": True}, "maskServerFrames"),
        ({"maxMessagePayloadSize": 1000}, "maxMessagePayloadSize"),
    ],
)
def test_a_socket_that_isnt_as_expected_takes_the_long_way_and_says_so_once(
    options: dict[str, Any], odd: str, told: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        with pair(**options) as protocols:
            feed(protocols, frame(b"hello"))
            assert not protocols[1].quick
    assert told() == [f"sockets take the long way: {odd} aren't as expected"]


@pytest.mark.unit
def test_a_transport_that_isnt_as_expected_is_left_to_write_by_itself(
    monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[str]]
) -> None:
    monkeypatch.setitem(fastframes.TRANSPORT, "_tempDataBuffer", tuple)
    line = Line(fastframes.WebSocketFactory)
    line.text(100)
    assert line.reactor.writers
    assert line.finish().endswith(b"t" * 100)
    assert told() == ["sockets take the long way: _tempDataBuffer aren't as expected"]


@pytest.mark.unit
def test_attributes_that_have_gone_are_noticed() -> None:
    assert fastframes.oddities(object(), fastframes.PROTOCOL) == list(fastframes.PROTOCOL)
    assert fastframes.oddities(object(), fastframes.TRANSPORT) == list(fastframes.TRANSPORT)


# --- On a server ----------------------------------------------------------------------------------------------------


@pytest.mark.site
@pytest.mark.parametrize(("switch", "way"), [("1", True), ("0", False)])
def test_a_conversation_is_the_same_by_either_way(
    make_site: Callable[..., Site], alice: User, bob: User, switch: str, way: bool
) -> None:
    room: Room = open_direct_room(opener=alice, other=bob)
    site = make_site(env={"FAST_FRAMES": switch})
    with Member(site, alice) as mine, Member(site, bob) as other:
        mine.hello()
        other.hello()
        for body in ("hello", "gr\u00fc\u00df dich \U0001f600", "x" * 4000):
            mine.post(room.public_id, body)
            mine.expect("ack")
            assert other.expect("message.posted")["message"]["body"] == body
    assert ("sockets take the short way" in site.log_text()) is way
    assert "sockets take the long way" not in site.log_text()
