"""The road between processes: the only file that knows the channel layer.

What travels here is a hint. It may be lost, late, doubled or reordered, and nothing is lost with it: the hubs compare
with the database, and the clients with their cursors. So publishing never raises and never waits.
"""

import asyncio
import atexit
import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from typing import Any

from channels.layers import get_channel_layer

Item = dict[str, Any]
Accept = Callable[[list[Item]], None]

log = logging.getLogger(__name__)

GROUP = "hub.0"  # one shard; more of them when one process can't read everything
SEND_SECONDS = 0.2
REST_SECONDS = 2.0
WAITING = 10_000  # items that may wait for Redis before the oldest are dropped
FLEETING = {"typing", "presence"}

process_id = secrets.token_hex(8)
counts: Counter[str] = Counter()


class Road:
    """Sends items to the other processes from one event loop, what has gathered meanwhile in one go."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.layer = get_channel_layer()
        self._waiting: deque[Item] = deque(maxlen=WAITING)
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something waits to be sent."""
        return self._task is not None and not self._task.done()

    def send(self, items: list[Item]) -> None:
        """Queues the items; from a full queue the oldest are dropped. Call from the loop."""
        if self.layer is None:
            return
        counts["hints dropped"] += max(0, len(self._waiting) + len(items) - WAITING)
        self._waiting.extend(items)
        if not self.busy:
            self._task = self.loop.create_task(self._drain())

    async def _drain(self) -> None:
        while self._waiting:
            batch = list(self._waiting)
            self._waiting.clear()
            if not await self.signal({"type": "hub.items", "items": batch}):
                # A Redis that doesn't answer gets a rest. What is still true later waits; who typed or came doesn't.
                lasting = [item for item in batch if item["kind"] not in FLEETING]
                self._keep([*lasting, *self._waiting])
                await asyncio.sleep(REST_SECONDS)

    def _keep(self, items: list[Item]) -> None:
        """Keeps the newest of the items, as many as may wait."""
        counts["hints dropped"] += max(0, len(items) - WAITING)
        self._waiting = deque(items, maxlen=WAITING)

    async def flush(self, seconds: float) -> None:
        """Waits until everything was sent, at most so long."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    async def signal(self, message: dict[str, Any]) -> bool:
        """Sends one message to every hub; says whether Redis took it in time."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.layer.group_send(GROUP, {**message, "from": process_id})
        except Exception as error:  # noqa: BLE001 - whatever the layer raises: a hint may be lost
            log.warning("other processes not reached: %s", type(error).__name__)
            return False
        return True

    async def listen(self, hear: Callable[[dict[str, Any]], None]) -> None:
        """Calls `hear` with every message of every process, this one's own included, until something fails."""
        channel = await self.layer.new_channel()
        await self.layer.group_add(GROUP, channel)
        while True:
            hear(await self.layer.receive(channel))


_hub: tuple[Road, Accept] | None = None


def attach(road: Road, accept: Accept) -> None:
    """The hub of this process takes over: items reach its sockets directly."""
    global _hub
    _hub = (road, accept)


def detach() -> None:
    """The hub of this process is gone."""
    global _hub
    _hub = None


def publish(items: list[Item]) -> None:
    """Tells this process's sockets and every other process. From any thread; returns at once."""
    if not items:
        return
    if _hub is not None:
        road, accept = _hub
        road.loop.call_soon_threadsafe(_both, road, accept, items)
    elif get_channel_layer() is not None:
        road = _own_road()
        road.loop.call_soon_threadsafe(road.send, items)


def _both(road: Road, accept: Accept, items: list[Item]) -> None:
    accept(items)
    road.send(items)


@cache
def _own_road() -> Road:
    """A loop in a thread of its own, for a process without a hub (a command, a job, a test).

    One for the life of the process: `async_to_sync` would open a Redis connection at every call.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="bus", daemon=True).start()
    road = Road(loop)
    atexit.register(_flush, road)
    return road


def _flush(road: Road) -> None:
    """Gives a command that ends the moment its last hints need."""
    deadline = time.monotonic() + 1
    while road.busy and time.monotonic() < deadline:
        time.sleep(0.01)
