"""Bad input under load, against a real server: whoever floods, hangs or stalls is told so, and nobody else notices."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import psycopg
import pytest

from accounts.models import User
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.live.voices import Pair, Ticket, Voice, while_chatting
from tests.ops.test_bodies import memory
from tests.servers import Site, database_url
from tests.threads import in_a_loop

pytestmark = [pytest.mark.site, pytest.mark.postgres, pytest.mark.redis]

QUICK = 0.25  # seconds: half of an innocent pair's messages arrive sooner on any machine that runs this
KIB = 1024

Story = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def innocents(transactional_db: None, alice: User, bob: User) -> Room:
    """Where Alice and Bob mind their own business."""
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def strict(make_site: Callable[..., Site]) -> Site:
    """A server with everyday limits, but for posts, so that the innocent can be heard often, and for shorter waits."""
    return make_site(
        env={"LIVE_POST_BURST": "40", "LIVE_POSTS_PER_SECOND": "40", "LIVE_STALLED_SECONDS": "3", "HEAD_SECONDS": "3"}
    )


@pytest.fixture
def meanwhile(
    strict: Site, innocents: Room, alice: User, bob: User, request: pytest.FixtureRequest
) -> Callable[[Story], None]:
    """Runs a story while Alice and Bob chat, and holds the server to their noticing nothing."""
    tickets = Ticket.of(strict, alice), Ticket.of(strict, bob)

    def run(story: Story) -> None:
        async def both() -> Pair:
            pair = await Pair.meet(*tickets, innocents.public_id)
            async with while_chatting(pair):
                await story()
            return pair

        pair = in_a_loop(both())
        figures = {"innocent messages": len(pair.seconds), "innocent p99 ms": round(1000 * pair.p99, 1)}
        request.node.user_properties += figures.items()  # for --junitxml
        assert pair.median < QUICK
        assert [frame for frame in pair.one.heard if frame["type"] == "nack"] == []

    return run


def test_a_flood_of_posts_is_told_to_slow_down(
    strict: Site, meanwhile: Callable[[Story], None], alice: User, eve: User
) -> None:
    room = open_direct_room(opener=eve, other=alice)
    ticket = Ticket.of(strict, eve)

    async def story() -> None:
        acknowledged = [await flood(ticket, room.public_id) for _ in range(4)]
        assert await asyncio.to_thread(Message.objects.filter(room=room).count) >= sum(acknowledged) >= 40

    meanwhile(story)


async def flood(ticket: Ticket, room: str) -> int:
    """Says far too much, and on and on until the server closes. Returns how much of it was acknowledged."""
    voice = await Voice.join(ticket)
    sent = [await voice.post(room, f"flood {number}") for number in range(280)]
    await voice.until(lambda: all(map(voice.answers, sent)))
    refused = [frame for frame in voice.heard if frame["type"] == "nack"]
    assert len(refused) > 150
    assert {frame["code"] for frame in refused} == {"slow_down"}
    assert all(0 < frame["retry_after"] <= 2 for frame in refused)
    for number in range(400):
        await voice.post(room, f"more {number}")
    await voice.until(lambda: voice.closed == 4429)
    await asyncio.sleep(0.3)
    return len([frame for frame in voice.heard if frame["type"] == "ack"])


def test_a_flood_of_sockets_is_closed(strict: Site, meanwhile: Callable[[Story], None], eve: User) -> None:
    ticket = Ticket.of(strict, eve)

    async def story() -> None:
        many = await asyncio.gather(*(Voice.join(ticket) for _ in range(24)))
        assert sorted(str(voice.closed) for voice in many) == 4 * ["4429"] + 20 * ["None"]
        for voice in many:
            await voice.leave()
        codes = []
        for _ in range(10):  # thirty connects a minute, of which 24 were used up
            late = await Voice.join(ticket)
            codes.append(late.closed)
            await late.leave()
        assert codes[-3:] == [4429, 4429, 4429]

    meanwhile(story)


def test_readers_that_never_read_are_cut_and_cost_little(
    strict: Site, meanwhile: Callable[[Story], None], eve: User
) -> None:
    mallory = make_user("mallory")
    room = open_direct_room(opener=eve, other=mallory)
    ticket, stuck = Ticket.of(strict, eve), Ticket.of(strict, mallory)
    count = 8

    async def story() -> None:
        deaf = [deafened(stuck) for _ in range(count)]
        writer = await Voice.join(ticket)
        before, most = memory(strict), 0.0
        body = "\U0001f600" * 4000
        for number in range(300):
            await writer.post(room.public_id, f"{body[:3990]}{number}")
            await asyncio.sleep(1 / 40)
            most = max(most, memory(strict))
        for connection in deaf:
            await asyncio.to_thread(cut, connection, 3 + 8)
        assert (most - before) / count < 5

    meanwhile(story)


def deafened(ticket: Ticket) -> socket.socket:
    """A socket that says hello, and then reads nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
    connection.connect(("127.0.0.1", ticket.site.port))
    connection.sendall(
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{ticket.site.port}\r\nOrigin: {ticket.site.url}\r\n"
        f"Cookie: {ticket.cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert connection.recv(KIB).startswith(b"HTTP/1.1 101")
    hello = json.dumps({"type": "hello", "v": 1, "cursors": {}}).encode()
    connection.sendall(bytes((0x81, 0x80 | len(hello))) + b"\0\0\0\0" + hello)  # a mask of zeros changes nothing
    return connection


def cut(connection: socket.socket, seconds: float) -> None:
    """Waits until the server has hung up. Fails after so many seconds."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ConnectionError, BrokenPipeError), connection:
        while True:
            assert time.monotonic() < deadline, "still open"
            connection.send(b"\x89\x80\0\0\0\0")  # a ping, which a connection that was reset refuses
            time.sleep(0.1)


def test_connections_that_never_say_what_they_want_are_closed(strict: Site, meanwhile: Callable[[Story], None]) -> None:
    begun = b"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"

    async def story() -> None:
        began, before = time.monotonic(), memory(strict)
        streams = [await asyncio.open_connection("127.0.0.1", strict.port) for _ in range(150)]
        for number, (_, writer) in enumerate(streams):
            writer.write(begun if number % 3 else b"")
        grown = memory(strict) - before
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            dripping = group.create_task(drip([writer for _, writer in streams[::2]]))
            for reader, _ in streams:
                with contextlib.suppress(ConnectionError):
                    assert await reader.read(KIB) == b""
            dripping.cancel()
        assert 2 < time.monotonic() - began < 8
        assert grown < 10

    meanwhile(story)


async def drip(writers: list[asyncio.StreamWriter]) -> None:
    """A byte now and then, as if the head were on its way."""
    while True:
        for writer in writers:
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
        await asyncio.sleep(0.3)


def test_two_hundred_connects_a_second_and_a_thousand_idle_sockets(
    strict: Site, meanwhile: Callable[[Story], None]
) -> None:
    crowd = [make_user(f"idle{number}") for number in range(50)]
    tickets = [Ticket.of(strict, user) for user in crowd]

    async def story() -> None:
        before = memory(strict)
        arrivals = [asyncio.create_task(arrive(tickets[number % 50], number / 200)) for number in range(1000)]
        voices = await asyncio.gather(*arrivals)
        assert {voice.closed for voice in voices} == {None}
        assert (memory(strict) - before) * KIB / len(voices) < 100  # KiB for each
        await asyncio.sleep(1)
        for voice in voices:
            voice.connection.transport.abort()

    meanwhile(story)


async def arrive(ticket: Ticket, after: float) -> Voice:
    """Joins in its turn."""
    await asyncio.sleep(after)
    return await Voice.join(ticket)


def test_frames_larger_than_the_limits_are_refused_or_cost_the_socket(
    strict: Site, meanwhile: Callable[[Story], None], eve: User
) -> None:
    ticket = Ticket.of(strict, eve)

    async def story() -> None:
        before = memory(strict)
        loud = [await Voice.join(ticket) for _ in range(10)]
        for voice in loud[:5] * 22:
            await voice.say("ping", padding="x" * 200 * KIB)
        for voice in loud[5:]:
            await voice.say("ping", padding="x" * 300 * KIB)
        for voice in loud[5:]:
            await voice.until(lambda voice=voice: voice.closed == 1006)
        for voice in loud[:5]:
            await voice.until(lambda voice=voice: voice.closed == 4429)
            assert [frame["code"] for frame in voice.heard[1:]] == 21 * ["too_large"]
        assert memory(strict) - before < 30

    meanwhile(story)


@pytest.fixture
def session(transactional_db: None) -> Iterator[psycopg.Connection]:
    """Another session of the database."""
    with psycopg.connect(database_url()) as session:
        yield session


def test_a_locked_room_holds_up_no_other(
    strict: Site, meanwhile: Callable[[Story], None], session: psycopg.Connection, eve: User
) -> None:
    room = open_direct_room(opener=eve, other=make_user("mallory"))
    session.execute("SELECT 1 FROM chat_room WHERE id = %s FOR UPDATE", [room.pk])
    ticket = Ticket.of(strict, eve)

    async def story() -> None:
        stuck = await Voice.join(ticket)
        began = time.monotonic()
        sent = {await stuck.post(room.public_id, f"stuck {number}"): f"stuck {number}" for number in range(5)}
        await stuck.until(lambda: all(map(stuck.answers, sent)))
        assert time.monotonic() - began < 5
        for client_id in sent:
            [refusal] = stuck.answers(client_id)
            assert refusal["code"] == "unavailable"
            assert refusal["retry_after"] > 0
        await asyncio.to_thread(session.commit)
        for client_id, body in sent.items():
            await stuck.post(room.public_id, body, client_id)
        await stuck.until(lambda: all(stuck.answers(client_id)[-1]["type"] == "ack" for client_id in sent))

    meanwhile(story)

    assert list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True)) == [
        f"stuck {number}" for number in range(5)
    ]
