"""Natural batching: what is asked while the last batch is answered goes together into the next.

Nothing waits while nothing runs: alone, a question is a batch of one. In a crowd (a deploy, after which everybody comes
back) the fixed cost of a query is paid once for many, and a moment's rest between batches makes them larger: building
the queries for one socket costs as much as for twenty.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError

from chat.live.database import in_database

K = TypeVar("K")
T = TypeVar("T")

BATCH = 64
CROWD_SECONDS = 0.01  # between batches, when one had company


class Gather(Generic[K, T]):
    """Answers in batches: `answer` is called in a database thread with the keys, and returns in their order."""

    def __init__(self, answer: Callable[[list[K]], list[T]], most: int = BATCH) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[K, asyncio.Future[T]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> T:
        """The answer for one key. Raises what the batch raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((key, future))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._settle(batch)
                if len(batch) > 1:
                    await asyncio.sleep(CROWD_SECONDS)
        finally:
            self._running = None

    async def _settle(self, batch: list[tuple[K, asyncio.Future[T]]]) -> None:
        try:
            answers = await in_database(self._answer, [key for key, _ in batch])
        except (OperationalError, InterfaceError) as error:  # the database is away or too slow, for all alike
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one of them asked what can't be answered: the others don't pay for it
            if len(batch) == 1:
                _fail(batch, error)
            for one in batch if len(batch) > 1 else ():
                await self._settle([one])
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():  # whoever asked may have gone
                    future.set_result(answer)


def _fail(batch: list[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
