"""Runs about sockets rather than messages: many idle ones, ones that come and go, and readers that never read."""

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Any

from bench.load.crowd import AT_ONCE, Crowd
from bench.load.ledger import Ledger
from bench.load.talkers import Talker
from bench.load.traffic import watch
from bench.meter import Groups, Reading, memory_kib, rss_kib, tree

WARM_SOCKETS = 20  # open before the first reading, so that what is loaded once isn't counted
SETTLE_SECONDS = 2
SMALL_BUFFER = 4096
STUCK_BODY = "\N{SNOWMAN}" * 3900  # 11.7 kB, within every limit
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

Result = dict[str, Any]


@dataclass
class Holding:
    """What a run about sockets is told."""

    sockets: int = 2000
    seconds: float = 10  # idle: to watch; churn and stuck: the longest they may take
    cycles: int = 20_000
    warm_cycles: int = 1_000
    readers: int = 20
    megabytes: float = 16  # written to each stuck reader


async def idle(crowd: Crowd, groups: Groups, plan: Holding) -> Result:
    """Opens many sockets and leaves them alone."""
    ledger = Ledger(plan.sockets + WARM_SOCKETS)
    talkers = await crowd.gather(range(WARM_SOCKETS), ledger)
    await asyncio.sleep(SETTLE_SECONDS)
    empty, before = memory_kib(groups["server"]), Reading(groups)
    talkers += await crowd.gather(range(WARM_SOCKETS, WARM_SOCKETS + plan.sockets), ledger)
    connecting = Reading(groups).since(before)
    await asyncio.sleep(SETTLE_SECONDS)
    before = Reading(groups)
    await asyncio.sleep(plan.seconds)
    resting, full = Reading(groups).since(before), memory_kib(groups["server"])
    for talker in talkers:
        talker.close()
    return {
        "connects_per_second": round(plan.sockets / connecting["seconds"], 1),
        "connect_cpu_us": {name: round(connecting[name] * 1e6 / plan.sockets) for name in groups},
        "kib_per_socket": {name: round((full[name] - empty[name]) / plan.sockets, 2) for name in full},
        "base_kib": empty,
        "idle_cores": {name: round(resting[name] / resting["seconds"], 4) for name in groups},
        "foreign_cores": max(connecting["foreign"], resting["foreign"]),
        "dropped": dict(ledger.dropped),
    }


async def churn(crowd: Crowd, groups: Groups, plan: Holding) -> Result:
    """Connects and disconnects over and over. Growth counts from after the warm-up cycles."""
    deadline = time.monotonic() + plan.seconds
    servers = tree(groups["server"])
    await _cycles(crowd, plan.warm_cycles, deadline)
    await asyncio.sleep(SETTLE_SECONDS)
    before, reading = rss_kib(servers), Reading(groups)
    done = await _cycles(crowd, plan.cycles, deadline)
    spent = Reading(groups).since(reading)
    await asyncio.sleep(SETTLE_SECONDS)
    return {
        "cycles": done,
        "per_second": round(done / spent["seconds"], 1),
        "growth_kib": rss_kib(servers) - before,
        "rss_kib": rss_kib(servers),
        "foreign_cores": spent["foreign"],
    }


async def _cycles(crowd: Crowd, count: int, deadline: float) -> int:
    """Opens and closes sockets of all people in turn. Returns how many until the count or the deadline is reached."""
    numbers = iter(range(count))
    done = 0

    async def come_and_go() -> None:
        nonlocal done
        for number in numbers:
            if time.monotonic() > deadline:
                return
            talker = crowd.talker(number % len(crowd.sessions), Ledger(0))
            await crowd.connect(talker)
            talker.close()
            done += 1

    await asyncio.gather(*(come_and_go() for _ in range(AT_ONCE)))
    return done


async def stuck(crowd: Crowd, groups: Groups, plan: Holding) -> Result:
    """One person's many sockets never read, while the other one of the pair writes to their room."""
    ledger = Ledger(2)
    (writer,) = await crowd.gather([0], ledger)
    readers = [await _mute(crowd, 1) for _ in range(plan.readers)]
    await asyncio.sleep(SETTLE_SECONDS)
    servers, before = tree(groups["server"]), Reading(groups)
    with watch(lambda: rss_kib(servers)) as resident:
        written = await _write(writer, ledger, plan)
    spent = Reading(groups).since(before)
    for reader in readers:
        if not reader.recv(SMALL_BUFFER):
            raise ConnectionError("a stuck reader was not even written to")
        reader.close()
    writer.close()
    return {
        "mib_written_to_each": round(written / 2**20, 1),
        "mib_per_reader": round((max(resident) - resident[0]) / 1024 / plan.readers, 2),
        "rss_kib": {"before": resident[0], "peak": max(resident)},
        "foreign_cores": spent["foreign"],
        "refused": dict(ledger.refused),
        "dropped": dict(ledger.dropped),
    }


async def _write(writer: Talker, ledger: Ledger, plan: Holding) -> int:
    """Posts one large message after the other, each as soon as the one before is acknowledged. Returns the bytes."""
    deadline = time.monotonic() + plan.seconds
    size = len(STUCK_BODY.encode())
    for count in range(1, int(plan.megabytes * 2**20 / size) + 1):
        writer.post(time.monotonic(), STUCK_BODY)
        while ledger.acknowledged < count - ledger.refused.total():
            if time.monotonic() > deadline or writer.gone:
                return ledger.acknowledged * size
            await asyncio.sleep(0)
    return ledger.acknowledged * size


async def _mute(crowd: Crowd, person: int) -> socket.socket:
    """A socket that opens as it should and then never reads, with little room in the kernel for what it doesn't."""
    host = crowd.urls[0].removeprefix("http://")
    name, _, port = host.partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, (name, int(port)))
    talker = crowd.talker(person, Ledger(0))
    cookie = f"{crowd.cookie}={crowd.sessions[person]}"
    request = HANDSHAKE.format(path=talker.path.format(room=talker.room), host=host, cookie=cookie)
    await loop.sock_sendall(connection, request.encode())
    answer = await loop.sock_recv(connection, 65536)
    if b" 101 " not in answer:
        raise ConnectionError(answer[:100])
    if talker.greeting:
        await loop.sock_sendall(connection, masked(talker.greeting))
    return connection


def masked(payload: bytes) -> bytes:
    """A short text frame of a client's; its mask is zero."""
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload
