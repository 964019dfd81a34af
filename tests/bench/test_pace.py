"""Messages go out when they are due."""

import asyncio
import itertools
import random
import time

import pytest

from bench.load.pace import Pace, poisson

pytestmark = pytest.mark.unit


def test_poisson_arrivals_have_the_rate_and_the_spread() -> None:
    dues = list(itertools.islice(poisson(500, 100.0, random.Random(1)), 20_000))
    pauses = [later - earlier for earlier, later in itertools.pairwise(dues)]
    mean = sum(pauses) / len(pauses)
    deviation = (sum((pause - mean) ** 2 for pause in pauses) / len(pauses)) ** 0.5

    assert min(pauses) > 0
    assert mean == pytest.approx(1 / 500, rel=0.03)
    assert deviation == pytest.approx(mean, rel=0.05)  # as for events that know nothing of each other


def test_every_message_is_sent_and_none_early() -> None:
    sent: list[tuple[float, float]] = []

    async def run() -> list[float]:
        start = time.monotonic()
        dues = [start + number / 1000 for number in range(-300, 100)]  # some are overdue from the beginning
        pace = Pace(iter([*dues, float(start + 3600)]), lambda due: sent.append((due, time.monotonic())))
        while len(sent) < len(dues):
            await asyncio.sleep(0.005)
        pace.stop()
        return dues

    dues = asyncio.run(run())
    assert [due for due, _ in sent] == dues
    assert all(now >= due for due, now in sent)
