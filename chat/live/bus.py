"""The road between processes: the only file that knows the channel layer.

What travels here is a hint. It may be lost, late, doubled or reordered, and nothing is lost with it: the hubs compare
with the database, and the clients with their cursors. So publishing never raises and never waits.

Each Redis host is a shard with a part of the rooms, by the room's id modulo their number; what belongs to a person and
no room goes by the person's id. A hub hears all shards. Without Redis there is none, and hubs poll.
"""

import asyncio
import atexit
import threading
import time
from functools import cache

from channels.layers import get_channel_layer
from django.conf import settings

from chat.live.shards import SEND_SECONDS, Accept, Item, Shard, counts, process_id

__all__ = ["SEND_SECONDS", "Accept", "Item", "Road", "attach", "counts", "detach", "process_id", "publish"]


class Road:
    """All shards, from one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        hosts = shard_count()
        # A layer for each host: channels_redis would spread group names over its `hosts` by a hash of its own.
        self.shards = [Shard(number, hosts, get_channel_layer(f"shard{number}")) for number in range(hosts)]

    @property
    def busy(self) -> bool:
        """Whether something waits to be sent."""
        return any(shard.task for shard in self.shards)

    def send(self, items: list[Item]) -> None:
        """Queues the items for the other processes, if there are any. Call from the loop."""
        if len(self.shards) == 1:
            self.shards[0].send(items)
            return
        for shard in self.shards:
            if mine := [item for item in items if shard_of(item, len(self.shards)) == shard.number]:
                shard.send(mine)

    async def flush(self, seconds: float) -> None:
        """Waits until everything was sent, at most so long."""
        if tasks := [shard.task for shard in self.shards if shard.task]:
            await asyncio.wait(tasks, timeout=seconds)

    async def part(self) -> None:
        """Tells the other hubs that this one ends."""
        await asyncio.gather(*(shard.part() for shard in self.shards))

    def must_poll(self, now: float, polled: float) -> bool:
        """Whether the database must be asked what others did, as `Company.must_poll`; always without Redis."""
        return not self.shards or any(shard.company.must_poll(now, polled) for shard in self.shards)


def shard_count() -> int:
    """How many Redis hosts there are."""
    return len(settings.REDIS_SHARDS)


def shard_of(item: Item, shards: int) -> int:
    """The shard that an item goes by: all of a room by the same, so that they keep their order."""
    return int(item.get("room_id") or item["user_id"]) % shards


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
    elif shard_count():
        road = _own_road()
        road.loop.call_soon_threadsafe(road.send, items)


def _both(road: Road, accept: Accept, items: list[Item]) -> None:
    try:
        accept(items)
    finally:  # whatever the hub makes of them, the others hear them
        road.send(items)


@cache
def _own_road() -> Road:
    """A loop in a thread of its own, for a process without a hub (a command, a job, a test).

    One for the life of the process: `async_to_sync` would open a Redis connection at every call. It hears nobody, so
    it never takes itself to be alone, and always publishes.
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
