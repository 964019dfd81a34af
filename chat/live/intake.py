"""Where posts of sockets arrive, in the order they came, and leave for the database together (group commit).

What comes while the last batch is written goes into the next: no timer, and nothing waits while nothing is written.
One thread writes, so that there is one transaction at a time per process and the order of arrival is the room's order;
it takes the next batch itself, while the event loop still tells of the last one. A room that somebody else has locked
is set aside with all that is said in it, so that it holds up no other room.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from chat.errors import Busy, ChatError, SlowDown, Unavailable
from chat.live.database import in_writer, keeping
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
    """The posts of one process. Taken in on the event loop, written by the writer's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()  # over all that follows
        self._waiting: deque[Waiting] = deque()
        self._aside: dict[str, Aside] = {}
        self._inside = 0
        self._writing = False

    def submit(self, draft: Draft, refuse: Callable[[ChatError], None]) -> None:
        """Takes a draft to its end, whatever becomes of its socket. Raises `SlowDown` when too many wait."""
        post = Waiting(draft, refuse, time.monotonic())
        with self._lock:
            if self._inside >= WAITING:
                raise SlowDown(retry_after=2.0)
            self._inside += 1
            aside = self._aside.get(draft.room)
            (self._waiting if aside is None else aside.posts).append(post)
            begin, self._writing = not self._writing, True
        if begin:
            in_writer(self._write)

    async def finish(self, seconds: float) -> None:
        """Waits until all is written that was taken, at most so long."""
        deadline = time.monotonic() + seconds
        while self._writing and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    # --- In the writer's thread -------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Writes until nothing is left."""
        try:
            while (batch := self._next()) is not None:
                if batch:
                    self._settle(batch, self._store(batch))
                else:
                    time.sleep(PAUSES[0])
        except Exception as error:  # noqa: BLE001 - the next post begins anew; who hears nothing sends again
            log.error("writing stopped: %s", type(error).__name__)
            self._writing = False

    def _next(self) -> list[Waiting] | None:
        """The next batch: first what was set aside and is due, then what came, in order. None when nothing is left."""
        now = time.monotonic()
        batch: list[Waiting] = []
        with self._lock:
            for aside in self._aside.values():
                if aside.due <= now and len(batch) < BATCH:
                    batch += [aside.posts.popleft() for _ in range(min(len(aside.posts), ASIDE_BATCH))]
            while self._waiting and len(batch) < BATCH:
                batch.append(self._waiting.popleft())
            self._writing = self._inside > 0
            return batch if self._writing else None

    def _store(self, batch: list[Waiting]) -> list[Outcome]:
        try:
            with keeping():
                return post_messages([post.draft for post in batch], wait=False)
        except Exception as error:  # noqa: BLE001 - the senders hear of it and send again
            log.error("batch failed: %s", type(error).__name__)
            return [Unavailable() for _ in batch]

    def _settle(self, batch: list[Waiting], outcomes: list[Outcome]) -> None:
        """Refuses what was refused, and sets aside what found its room locked. What is stored the hub answers."""
        now = time.monotonic()
        locked: defaultdict[str, list[Waiting]] = defaultdict(list)
        for post, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Busy) and now - post.since < PATIENCE:
                locked[post.draft.room].append(post)
            elif isinstance(outcome, ChatError):
                self._loop.call_soon_threadsafe(post.refuse, outcome)
        with self._lock:
            self._inside -= len(batch) - sum(map(len, locked.values()))
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
