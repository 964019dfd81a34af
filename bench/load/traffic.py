"""Runs with messages: `closed` keeps a number of them under way, `open` sends at a given rate whatever happens."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.load import pace
from bench.load.crowd import Crowd
from bench.load.ledger import Ledger, percentiles
from bench.load.talkers import Talker
from bench.meter import Groups, Reading, rss_kib, tree

LOOK_SECONDS = 0.1
REFUSED_PAUSE = 0.05  # before a sender that was refused tries with its next message

Result = dict[str, Any]


@dataclass
class Traffic:
    """What a run with messages is told."""

    pairs: int = 50
    window: int = 100  # closed: messages under way
    rate: float = 500  # open: messages a second
    warmup: float = 2
    seconds: float = 10
    patience: float = 10  # how long to wait for the rest at the end


async def closed(crowd: Crowd, groups: Groups, plan: Traffic) -> Result:
    """A sender goes on as soon as its message is acknowledged and delivered: how much can be done at most?"""
    ledger = Ledger(2 * plan.pairs)
    talkers = await crowd.gather(range(2 * plan.pairs), ledger)
    sending = True

    def go_on(stream: int) -> None:
        if sending:
            talkers[stream].post(time.monotonic())

    def try_later(stream: int) -> None:
        asyncio.get_running_loop().call_later(REFUSED_PAUSE, go_on, stream)

    ledger.on_done, ledger.on_refused = go_on, try_later
    for number in range(plan.window):
        go_on(number % len(talkers))
    measured = await _measure(ledger, groups, plan)
    sending = False
    return await _finish(ledger, talkers, plan, measured)


async def open_loop(crowd: Crowd, groups: Groups, plan: Traffic) -> Result:
    """Messages come when they come, as from people who don't know of each other: how long does each take?"""
    ledger = Ledger(2 * plan.pairs)
    talkers = await crowd.gather(range(2 * plan.pairs), ledger)
    chance = random.Random()
    dues = pace.poisson(plan.rate, time.monotonic(), chance)
    sender = pace.Pace(dues, lambda due: chance.choice(talkers).post(due))
    measured = await _measure(ledger, groups, plan)
    sender.stop()
    return await _finish(ledger, talkers, plan, measured)


async def _measure(ledger: Ledger, groups: Groups, plan: Traffic) -> Result:
    """Waits through warm-up and measurement. Returns what happened in the latter."""
    await asyncio.sleep(plan.warmup)
    servers = tree(groups["server"])
    before, done = Reading(groups), ledger.done
    ledger.begin, ledger.end = before.at, before.at + plan.seconds
    with watch(lambda: rss_kib(servers)) as resident:
        await asyncio.sleep(plan.seconds)
    cpu = Reading(groups).since(before)
    done = ledger.done - done
    return {
        "per_second": round(done / cpu["seconds"], 1),
        "cpu_us": {name: round(cpu[name] * 1e6 / max(1, done), 1) for name in (*groups, "generator")},
        "cores": {name: round(cpu[name] / cpu["seconds"], 3) for name in (*groups, "generator")},
        "foreign_cores": cpu["foreign"],
        "stolen_cores": cpu["stolen"],
        "rss_kib": {"before": resident[0], "peak": max(resident)},
    }


async def _finish(ledger: Ledger, talkers: list[Talker], plan: Traffic, measured: Result) -> Result:
    """Waits for what is under way, says goodbye, and adds up."""
    deadline = time.monotonic() + plan.patience
    while not ledger.settled and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
    ledger.give_up(time.monotonic())
    for talker in talkers:
        talker.close()
    await asyncio.sleep(LOOK_SECONDS)
    return {**measured, **counts(ledger), **times(ledger)}


def counts(ledger: Ledger) -> Result:
    """How many messages met which fate, from first to last."""
    names = "sent acknowledged delivered lost doubled out_of_order silent unknown gaps"
    return {
        **{name: getattr(ledger, name) for name in names.split()},
        "refused": dict(ledger.refused),
        "dropped": dict(ledger.dropped),
    }


def times(ledger: Ledger) -> Result:
    """Milliseconds from when a message was due: to the other one, to the receipt, and to our own sending it."""
    return {
        "peer_ms": percentiles(ledger.peer_ms),
        "receipt_ms": percentiles(ledger.receipt_ms),
        "late_ms": percentiles(ledger.late_ms),
    }


@contextlib.contextmanager
def watch(look: Callable[[], int]) -> Iterator[list[int]]:
    """Collects what `look` returns, ten times a second, while inside."""
    seen = [look()]

    async def keep_looking() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            seen.append(look())

    task = asyncio.get_running_loop().create_task(keep_looking())
    try:
        yield seen
    finally:
        task.cancel()
