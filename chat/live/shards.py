"""One Redis host, one shard of the rooms: a queue, a circuit breaker, and an ear of its own.

So a host that dies makes its own shard deaf and no other. What travels are hints: nothing here raises towards who
publishes, and nobody waits.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from chat.live.company import BEAT_SECONDS, Company

Item = dict[str, Any]
Accept = Callable[[list[Item]], None]

log = logging.getLogger(__name__)

SEND_SECONDS = 0.2
PACE_SECONDS = 0.0005  # between two messages, for each other process that hears them
REST_SECONDS = 1.0  # after a failure nothing is sent for so long, then one empty message
PATIENCE_SECONDS = 10.0  # nothing heard for so long, not even ourselves: the connection is dead and didn't say so
RETRY_SECONDS = 1.0
WAITING = 5_000  # items that may wait for Redis before the oldest are dropped
CHUNK = 500  # items in one message
FLEETING = {"typing", "presence"}
LOCAL = "ack"  # of a row: for the process that holds the sender's socket

process_id = secrets.token_hex(8)
counts: Counter[str] = Counter()


class Shard:
    """One group on one channel layer, used from one event loop."""

    def __init__(self, number: int, of: int, layer: Any) -> None:
        self.number = number
        self.company = Company()
        self._of = of
        self._layer = layer
        self._group = f"hub.{number}"
        self._messages = 0  # sent, or tried: each has its number
        self._waiting: deque[Item] = deque(maxlen=WAITING)
        self._task: asyncio.Task[None] | None = None
        self._chunk = CHUNK
        self._resting = False
        self._troubled = False

    # --- Out --------------------------------------------------------------------------------------------------------

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What is sending now, if anything waits to be sent."""
        return None if self._task is None or self._task.done() else self._task

    def send(self, items: list[Item]) -> None:
        """Queues the items, unless nobody else is there to hear them."""
        if self.company.quiet(time.monotonic()):
            counts["items for nobody"] += len(items)
            return
        items = _lasting(items) if self._resting else items
        counts["items dropped"] += max(0, len(self._waiting) + len(items) - WAITING)
        self._waiting.extend(items)
        if self.task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        """Sends what has gathered, and what gathers meanwhile, a message at a time.

        The first at once; then the more processes hear us, the longer the pause and the fuller the messages. So what
        it costs to hear everybody doesn't grow with their number: it is the messages that cost, hardly what is in them.
        """
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._chunk, len(self._waiting)))]
            if await self.signal("hub.items", items=[_for_others(item) for item in batch]):
                counts["items sent"] += len(batch)
                self._chunk = min(CHUNK, 2 * self._chunk)
                await asyncio.sleep(PACE_SECONDS * self.company.size)
            else:
                self._chunk = max(1, self._chunk // 4)  # over a slow line so many perhaps never come through in time
                # What is still true later waits for Redis; who typed or came doesn't.
                self._keep(_lasting([*batch, *self._waiting]))
                await self._rest()

    async def _rest(self) -> None:
        """The circuit breaker: spares a Redis that doesn't answer all that waits, until it took an empty message."""
        counts["rests"] += 1
        self._resting = True
        try:
            while not await self._recovered():
                pass
        finally:
            self._resting = False
        self._fine()

    async def _recovered(self) -> bool:
        await asyncio.sleep(REST_SECONDS)
        return await self.signal("hub.items", items=[])

    def _keep(self, items: list[Item]) -> None:
        """Keeps the newest of the items, as many as may wait."""
        counts["items dropped"] += max(0, len(items) - WAITING)
        self._waiting = deque(items, maxlen=WAITING)

    async def signal(self, kind: str, **content: Any) -> bool:
        """Sends one message to every hub; says whether Redis took it in time."""
        self._messages += 1
        message = {"type": kind, "from": process_id, "number": self._messages, **content}
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._layer.group_send(self._group, message)
        except Exception as error:  # noqa: BLE001 - whatever the layer raises: a hint may be lost
            counts["messages refused"] += 1
            self._trouble("not reached", error)
            return False
        counts["messages sent"] += 1
        return True

    async def beat(self) -> None:
        """Says that we are here. It comes back to us too, and says then that we hear."""
        if not await self.signal("hub.beat", sent=time.monotonic(), shards=self._of):
            self.company.doubt(time.monotonic())  # Redis is ill, and others may be as unheard as we are

    async def part(self) -> None:
        """Says that we end, so that nobody looks for us."""
        await self.signal("hub.end")

    # --- In ---------------------------------------------------------------------------------------------------------

    async def keep_beating(self) -> None:
        """Beats at once, and then for ever."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def listen(self, accept: Accept) -> None:
        """Gives `accept` what other processes publish, for ever; subscribes anew when nothing is heard."""
        while True:
            try:
                await self._hear_all(accept)
            except Exception as error:  # noqa: BLE001 - neither starting nor going on waits for Redis
                self._trouble("not heard", error)
            await self._hang_up()
            await asyncio.sleep(RETRY_SECONDS)

    async def _hear_all(self, accept: Accept) -> None:
        """Listens until something fails. With our own beats, silence is a failure."""
        async with asyncio.timeout(PATIENCE_SECONDS) as patience:
            channel = await self._layer.new_channel()
            await self._layer.group_add(self._group, channel)
            await self.beat()
            while True:
                message = await self._layer.receive(channel)
                patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)
                self._hear(message, accept)

    async def _hang_up(self) -> None:
        """Forgets the connection: of one that is dead the layer may not know, and would wait for ever."""
        try:
            async with asyncio.timeout(RETRY_SECONDS):
                await self._layer.flush()
        except Exception as error:  # noqa: BLE001 - tried again after the next silence
            self._trouble("not hung up", error)

    def _hear(self, message: dict[str, Any], accept: Accept) -> None:
        sender, now = message["from"], time.monotonic()
        self.company.hear(sender, message["number"], now)
        if sender == process_id:
            if message["type"] == "hub.beat":
                self.company.hear_ourselves(message["sent"], now)
                self._fine()
        elif message["type"] == "hub.items":
            self._take(message["items"], accept)
        elif message["type"] == "hub.beat":
            self.company.hear_beat(sender, now)
            if message["shards"] != self._of:  # somebody else's list of hosts: what we don't hear is polled
                self.company.doubt(now)
        elif message["type"] == "hub.end":
            self.company.part(sender)

    def _take(self, items: list[Item], accept: Accept) -> None:
        """Passes items on. One that we can't understand, from another release perhaps, must not make us deaf."""
        try:
            accept(items)
        except Exception as error:  # noqa: BLE001 - the database has what it meant
            log.error("shard %d: items not understood: %s", self.number, type(error).__name__)
            self.company.doubt(time.monotonic())

    # --- What an operator reads -------------------------------------------------------------------------------------

    def _trouble(self, what: str, error: Exception) -> None:
        """Says once that Redis is away, not every time that shows."""
        if not self._troubled:
            log.warning("shard %d: other processes %s: %s", self.number, what, type(error).__name__)
        self._troubled = True

    def _fine(self) -> None:
        if self._troubled:
            log.info("shard %d: Redis answers again", self.number)
        self._troubled = False


def _lasting(items: list[Item]) -> list[Item]:
    return [item for item in items if item["kind"] not in FLEETING]


def _for_others(item: Item) -> Item:
    return {key: value for key, value in item.items() if key != LOCAL}
