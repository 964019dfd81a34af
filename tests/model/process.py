"""A server process inside a test: a real hub and real member sockets, which can be killed at any moment."""

import asyncio
import contextvars
import copy
import json
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from django.conf import settings

from chat.live import bus
from chat.live.consumer import member_socket
from chat.live.hub import Hub
from tests.model.loop import PROCESS, StillLoop
from tests.rules.stream import Frame

LOCAL = "ack"  # the part of a row's item that doesn't leave its process


class Process:
    """One hub and its sockets. `hints` are on their way to it from the other processes."""

    def __init__(self, loop: StillLoop) -> None:
        self.loop = loop
        self.alive = True
        self.others: list[Process] = []
        self.hints: list[bus.Item] = []
        self.tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self.links: list[Link] = []
        self.context = contextvars.copy_context()
        self.context.run(PROCESS.set, self)
        self.accept: Callable[[list[bus.Item]], None]
        self.loop.call_soon(self._begin, context=self.context)
        self.loop.spin()

    def _begin(self) -> None:
        self.hub = Hub()

    def within(self, function: Callable[..., object], *args: Any) -> None:
        """Calls a function as this process, and runs what follows from it."""
        self.loop.call_soon(function, *args, context=self.context)
        self.loop.spin()

    def publish(self, items: list[bus.Item]) -> None:
        """What `bus.publish` does: to the own hub, and a hint to each of the others."""
        if self.alive:
            self.loop.call_soon(self.accept, items, context=self.context)
            self.send(items)

    def send(self, items: list[bus.Item]) -> None:
        """Puts hints on their way."""
        for other in self.others if self.alive else ():
            other.hints += [copy.deepcopy({key: item[key] for key in item if key != LOCAL}) for item in items]

    def hear(self, index: int) -> None:
        """One of the hints arrives."""
        self.within(self.hub.accept, [self.hints.pop(index % len(self.hints))])

    def kill(self) -> None:
        """Ends as by SIGKILL: what was committed stays, everything else is gone."""
        self.alive = False
        self.loop.work = [work for work in self.loop.work if work.process is not self]
        while left := [task for task in self.tasks if not task.done()]:  # the end of one may begin another
            for task in left:
                task.cancel()
            self.loop.spin()


class Road:
    """What stands where the hub expects the road to the other processes; there is no Redis, so hubs poll."""

    layer = None
    busy = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.shards: list[Any] = []
        self.send = PROCESS.get().send

    def must_poll(self, now: float, polled: float) -> bool:
        """Always: nobody else can be heard for sure."""
        return True

    async def part(self) -> None:
        """Nobody to tell."""


def attach(road: Road, accept: Callable[[list[bus.Item]], None]) -> None:
    """Stands for `bus.attach`: each process has a hub of its own."""
    PROCESS.get().accept = accept


class Link:
    """One socket: a device on one side, the real application on the other, and a wire with two directions."""

    def __init__(self, process: Process, session_key: str, check: Callable[[Frame], None], *, direct: bool) -> None:
        """`direct`: the server offers the application its own way to the wire, as ours does, besides ASGI."""
        self.process = process
        self.up: deque[Frame] = deque()  # commands on their way to the server
        self.down: deque[Frame | int] = deque()  # frames on their way to the client; a number closes
        self.said: list[Frame] = []  # everything the server said
        self.whole = True  # both ends think so
        self._check = check
        self._flows = asyncio.Event()
        self._flows.set()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_key}".encode()
        extensions = {"mychat.wire": self} if direct else {}
        scope = {"type": "websocket", "path": "/ws/", "headers": [(b"cookie", cookie)], "extensions": extensions}
        process.links.append(self)
        process.within(self._open, scope)

    def _open(self, scope: dict[str, Any]) -> None:
        self.process.loop.create_task(member_socket(scope, self._inbox.get, self._write), context=self.process.context)

    # --- What the server sees ---------------------------------------------------------------------------------------

    @property
    def blocked(self) -> bool:
        """Whether the client doesn't read, so that what is sent piles up."""
        return not self._flows.is_set()

    def send(self, data: bytes) -> None:
        """One frame, at once."""
        if self.process.alive:
            frame = json.loads(data)
            self._check(frame)
            self.said.append(frame)
            self.down.append(frame)

    async def _write(self, message: dict[str, Any]) -> None:
        """The same by ASGI, which waits for a slow reader."""
        await self._flows.wait()
        if message["type"] == "websocket.send":
            self.send(message.get("text") or message["bytes"])
        elif message["type"] == "websocket.close":
            self.down.append(message.get("code", 1000))

    # --- What the client does ---------------------------------------------------------------------------------------

    def read(self, reading: bool) -> None:
        """The client stops reading, or begins again."""
        if reading:
            self.process.within(self._flows.set)
        else:
            self._flows.clear()

    def push(self) -> None:
        """The next command reaches the server."""
        self._hear({"type": "websocket.receive", "text": json.dumps(self.up.popleft())})

    def hang_up(self) -> None:
        """The server notices that the client is gone."""
        self._hear({"type": "websocket.disconnect", "code": 1006})

    def _hear(self, message: dict[str, Any]) -> None:
        if self.process.alive:
            self.process.within(self._inbox.put_nowait, message)
