"""Database work of the sockets: a bounded pool of threads of its own.

`database_sync_to_async` shares one thread for the whole process, so one slow query would stall every socket.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.LIVE["THREADS"], thread_name_prefix="live-db")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `function` in a database thread. A caller that is cancelled doesn't stop it: what it began, it commits."""
    call = partial(_finishing, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


def _finishing(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    finally:
        connection.close()  # back to the pool: an idle thread holds no connection
