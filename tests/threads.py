"""Races: real threads on real connections. And loops that stay out of each other's way."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

Result = TypeVar("Result")


def together(count: int, work: Callable[[int], object]) -> list[object]:
    """Runs `work(0..count-1)` at once, each in a thread with its own connection; returns the results."""
    results: list[object] = [None] * count
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            ready.wait(10)
            results[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def in_a_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine in a loop of its own, on a thread of its own: Playwright's loop stays in the tests' thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


def aside(work: Callable[[], Result]) -> Result:
    """Runs `work` on a thread of its own with its own connection, where no other loop runs."""

    def run() -> Result:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()
