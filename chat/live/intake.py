"""Where posts of sockets arrive, in the order they came, and leave for the database together (group commit).

What comes while the last batch is written goes into the next: no timer, and nothing waits while nothing is written.
One thread writes, so that there is one transaction at a time per process and the order of arrival is the room's order.
A room that somebody else has locked is set aside with all that is said in it, so that it holds up no other room.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from chat.errors import Busy, ChatError, SlowDown, Unavailable
from chat.live.database import in_writer
from chat.messages.drafts import Draft
from chat.messages.services import Outcome, post_messages

log = logging.getLogger(__name__)

BATCH = 256  # posts in one transaction
ASIDE_BATCH = 32  # of them from a room that was locked before
WAITING = 2_000  # posts of this process that may wait
PATIENCE = 3.0  # seconds that a post waits for its room's lock
PAUSES = (0.001, 0.016)  # seconds until a locked room is tried again: first, and doubled up to


class Waiting(NamedTuple):
    """A post on its way. `refuse` is called with the reason if it isn't stored; the hub answers if it is."""

    draft: Draft
    refuse: Callable[[ChatError], None]
    since: float


@dataclass(slots=True)
class Aside:
    """What waits for a room that is locked."""

    posts: deque[Waiting] = field(default_factory=deque)
    due: float = 0.0  # when to try again
    pause: float = PAUSES[0]


class Intake:
    """The posts of one process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Waiting] = deque()
        self._aside: dict[str, Aside] = {}
        self._inside = 0
        self._task: asyncio.Task[None] | None = None

    def submit(self, draft: Draft, refuse: Callable[[ChatError], None]) -> None:
        """Takes a draft to its end, whatever becomes of its socket. Raises `SlowDown` when too many wait."""
        if self._inside >= WAITING:
            raise SlowDown(retry_after=2.0)
        self._inside += 1
        aside = self._aside.get(draft.room)
        (self._waiting if aside is None else aside.posts).append(Waiting(draft, refuse, self._loop.time()))
        if self._task is None:
            self._task = self._loop.create_task(self._write())

    async def finish(self, seconds: float) -> None:
        """Waits until all is written that was taken, at most so long."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    async def _write(self) -> None:
        try:
            while self._inside:
                batch = self._next()
                if batch:
                    self._settle(batch, await self._store(batch))
                else:
                    await asyncio.sleep(PAUSES[0])
        finally:
            self._task = None

    async def _store(self, batch: list[Waiting]) -> list[Outcome]:
        try:
            return await in_writer(post_messages, [post.draft for post in batch], wait=False)
        except Exception as error:  # noqa: BLE001 - the senders hear of it and send again
            log.error("batch failed: %s", type(error).__name__)
            return [Unavailable() for _ in batch]

    def _next(self) -> list[Waiting]:
        """The next batch: first what was set aside and is due, then what came, in order."""
        now = self._loop.time()
        batch: list[Waiting] = []
        for aside in self._aside.values():
            if aside.due <= now and len(batch) < BATCH:
                batch += [aside.posts.popleft() for _ in range(min(len(aside.posts), ASIDE_BATCH))]
        while self._waiting and len(batch) < BATCH:
            batch.append(self._waiting.popleft())
        return batch

    def _settle(self, batch: list[Waiting], outcomes: list[Outcome]) -> None:
        """Refuses what was refused, and sets aside what found its room locked. What is stored the hub answers."""
        now = self._loop.time()
        locked: defaultdict[str, list[Waiting]] = defaultdict(list)
        for post, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Busy) and now - post.since < PATIENCE:
                locked[post.draft.room].append(post)
                continue
            self._inside -= 1
            if isinstance(outcome, ChatError):
                self._loop.call_soon(post.refuse, outcome)  # by itself: what it raises is no other post's concern
        for room, posts in locked.items():
            self._set_aside(room, posts, now)
        for room in [room for room, aside in self._aside.items() if not aside.posts]:
            del self._aside[room]

    def _set_aside(self, room: str, posts: list[Waiting], now: float) -> None:
        """Keeps the posts before whatever else is said in the room."""
        if room not in self._aside:
            self._aside[room] = Aside(deque(post for post in self._waiting if post.draft.room == room))
            self._waiting = deque(post for post in self._waiting if post.draft.room != room)
        aside = self._aside[room]
        aside.posts.extendleft(reversed(posts))
        aside.due = now + aside.pause
        aside.pause = min(2 * aside.pause, PAUSES[1])
