"""A chat server that makes mistakes on purpose, and counts them."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from bench.services import free_port


class Person(WSListener):
    """One socket. Of every ten messages of a person the fourth is lost, the sixth doubled, the eighth late."""

    def __init__(self, relay: "Relay", room: bytes) -> None:
        self.relay, self.room = relay, room
        self.count = 0
        self.late: bytes | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.relay.rooms[self.room].append(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        text = frame.get_payload_as_bytes()
        transport.send(WSMsgType.TEXT, text)  # the receipt is always right
        place, self.count = self.count % 10, self.count + 1
        if not self.relay.faulty:
            self.pass_on(text)
        elif place == 3:
            self.relay.made["lost"] += 1
        elif place == 5:
            self.relay.made["doubled"] += 1
            self.pass_on(text, text)
        elif place == 7:
            self.late = text
        elif self.late:
            self.relay.made["out_of_order"] += 1
            self.pass_on(text, self.late)
            self.late = None
        else:
            self.pass_on(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.relay.made["lost"] += self.late is not None
        self.relay.gone += 1

    def pass_on(self, *texts: bytes) -> None:
        for other in self.relay.rooms[self.room]:
            for text in texts if other is not self else ():
                other.transport.send(WSMsgType.TEXT, text)


class Relay:
    """What one of these servers did."""

    def __init__(self, *, faulty: bool) -> None:
        self.faulty = faulty
        self.rooms: dict[bytes, list[Person]] = defaultdict(list)
        self.made: Counter[str] = Counter(lost=0, doubled=0, out_of_order=0)
        self.gone = 0
        self.port = free_port()

    def _enter(self, request: WSUpgradeRequest) -> Person:
        return Person(self, request.path)

    async def serve(self, ready: threading.Event, done: asyncio.Event) -> None:
        """Listens until `done`."""
        async with await ws_create_server(self._enter, "127.0.0.1", self.port):
            ready.set()
            await done.wait()


@contextmanager
def relaying(*, faulty: bool) -> Iterator[Relay]:
    """A relay in a thread of its own."""
    relay, loop = Relay(faulty=faulty), asyncio.new_event_loop()
    ready, done = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[relay.serve(ready, done)])
    thread.start()
    assert ready.wait(10)
    yield relay
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()
