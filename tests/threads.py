"""Races: real threads on real connections."""

import threading
from collections.abc import Callable

from django.db import connections


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
