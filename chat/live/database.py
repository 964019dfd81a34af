"""Database work of the sockets: a bounded pool of threads of its own.

`database_sync_to_async` shares one thread for the whole process, so one slow query would stall every socket.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

IDLE_SECONDS = 10.0

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.LIVE["THREADS"], thread_name_prefix="live-db")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `function` in a database thread. A caller that is cancelled doesn't stop it: what it began, it commits."""
    call = partial(_finishing, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


def in_writer(function: Callable[[], None]) -> None:
    """Runs `function` in the one thread that writes messages, after what it runs already. Call from the event loop."""
    _writer().submit(function)


@cache
def _writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-writer")


_kept = threading.local()


@contextmanager
def keeping() -> Iterator[None]:
    """Around work in a thread that keeps its connection for the next: a batch costs one round trip, and what is
    prepared stays prepared.

    One that had an error, or that lay idle and may have been cut meanwhile, goes back to the pool, which looks.
    """
    if time.monotonic() - getattr(_kept, "until", 0.0) > IDLE_SECONDS:
        connection.close()
    try:
        yield
    finally:
        _kept.until = time.monotonic()
        if connection.errors_occurred:
            connection.close()


def _finishing(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    finally:
        connection.close()  # back to the pool: an idle thread holds no connection
