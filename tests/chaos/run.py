"""One run from curtain to verdict: people write, things break, and the checker says whether the promise held.

python -m tests.chaos.run [--messages N] [--faults N] [--minutes M] [--seed S]      (or bin/chaos)
"""

import argparse
import asyncio
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos import checker, report
from tests.chaos.faults import KINDS, schedule
from tests.chaos.ledger import Fault, Ledger
from tests.chaos.player import Device, quicker
from tests.chaos.services import Services
from tests.chaos.stage import Stage

DEVICES = 2  # a person
WARM_UP = 2.0
CALM = 1.5  # seconds between recovery and the next fault, to measure what is normal
NOISE = "Zwei Wörter, три слова, 四つ and 🙂 "


@dataclass(frozen=True)
class Plan:
    """How much of everything. The same plan on the same machine takes the same course, but for the timing."""

    messages: int = 2_000
    seconds: float = 60.0  # about how long people write
    faults: tuple[str, ...] = ()
    seed: int = 0
    device: type[Device] = Device
    rules: Mapping[str, Any] = field(default_factory=dict)  # other rules than those in tests/rules
    patience: float = 60.0  # how long to wait for what should happen; then the checker says what didn't

    @classmethod
    def of(cls, messages: int, faults: int, seconds: float, seed: int) -> "Plan":
        """A plan with so many faults in an order that follows from the seed."""
        return cls(messages, seconds, tuple(schedule(faults, Random(seed))), seed)


async def play(plan: Plan, stage: Stage) -> Ledger:
    """Runs the plan on a stage that stands. Returns what happened."""
    ledger = Ledger(seed=plan.seed, rooms=stage.rooms)
    with quicker(**plan.rules):
        performance = Performance(plan, stage, ledger)
        await performance.run()
    return ledger


class Performance:
    """The run while it goes on."""

    def __init__(self, plan: Plan, stage: Stage, ledger: Ledger) -> None:
        self.plan, self.stage, self.ledger = plan, stage, ledger
        self.dice = Random(plan.seed)
        self.devices = [
            plan.device(f"{person}-{number}", person, cookie, stage.address, ledger, Random(self.dice.random()))
            for person, cookie in stage.cookies.items()
            for number in range(DEVICES)
        ]
        self.written = 0

    async def run(self) -> None:
        """Everything in its order; people write all the time."""
        async with asyncio.TaskGroup() as group:  # a device that fails ends the run
            lives = [group.create_task(device.run()) for device in self.devices]
            await self._until(lambda: all(device.live for device in self.devices))
            writing = group.create_task(self._write())
            await asyncio.sleep(WARM_UP)
            await self._break()
            await writing
            await self._settle()
            for life in lives:
                life.cancel()
        self._conclude()

    async def _write(self) -> None:
        """People write at random moments, whatever happens to earlier messages; on average evenly over the run."""
        due = time.monotonic()
        rate = self.plan.messages / self.plan.seconds
        while self.written < self.plan.messages:
            due += self.dice.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            device = self.dice.choice(self.devices)
            room = self.dice.choice(self.stage.rooms_of(device.person))
            self.written += 1
            filler = NOISE * self.dice.choice((0, 1, 1, 2, 30))
            device.write(room, f"{self.written} {filler}by {device.name}")

    async def _break(self) -> None:
        """One fault after the other, spread over the run, each after the one before is overcome."""
        started, count = time.monotonic(), len(self.plan.faults)
        for number, kind in enumerate(self.plan.faults):
            await asyncio.sleep(started + (self.plan.seconds - WARM_UP) * number / count - time.monotonic())
            fault = Fault(kind, time.monotonic())
            self.ledger.faults.append(fault)
            await KINDS[kind](self.stage, fault)
            fault.end = time.monotonic()
            fault.cut = [device.name for device in self.devices if any(at >= fault.start for at in device.drops)]
            await self._until(lambda end=fault.end: self._recovered(end))
            report.tell(fault, time.monotonic() - fault.end, self.written)
            await asyncio.sleep(CALM)

    def _recovered(self, end: float) -> bool:
        return all(device.live and device.oldest() > end for device in self.devices)

    async def _settle(self) -> None:
        """Everything is acknowledged, and every device has had the time to hear of it."""
        await self._until(lambda: self._recovered(float("inf")) or not any(device.pending for device in self.devices))
        counters = (await asyncio.to_thread(self.stage.truth)).counters
        await self._until(lambda: all(self._current(device, counters) for device in self.devices))

    def _current(self, device: Device, counters: dict[str, int]) -> bool:
        return all(device.cursor(room) >= counters[room] for room in self.stage.rooms_of(device.person))

    def _conclude(self) -> None:
        truth = self.stage.truth()
        self.ledger.truth, self.ledger.counters = truth.rows, truth.counters
        self.ledger.views = [device.finish() for device in self.devices]
        self.ledger.ended = time.monotonic()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Waits for the condition, but not for ever."""
        deadline = time.monotonic() + self.plan.patience
        while not condition() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)


async def once(plan: Plan, services: Services, *, module: str = "mychat.server", **extra: str) -> tuple[Ledger, str]:
    """A run on web processes of its own. Returns its ledger and what they logged."""
    async with Stage(services, Random(plan.seed), module=module, **extra) as stage:
        ledger = await play(plan, stage)
        return ledger, stage.logs()


def main() -> int:
    """The command line. Returns 0 when the promise held."""
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=0.0, help="how long people write (12 s a fault)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="repeats the course of a run")
    parser.add_argument("--ledger", type=Path, default=Path("var/chaos.json"), help="where a failed run is kept")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what it started, as Ctrl-C does
    seconds = options.minutes * 60 or 12.0 * max(1, options.faults)
    plan = Plan.of(options.messages, options.faults, seconds, options.seed)
    report.say(
        f"seed {options.seed}: {plan.messages} messages, {len(plan.faults)} faults in {seconds / 60:.0f} minutes"
    )
    with Services() as services:
        ledger, logs = asyncio.run(once(plan, services))
    problems = checker.check(ledger)
    report.say(report.summary(ledger, problems))
    if problems:
        options.ledger.parent.mkdir(exist_ok=True)
        ledger.save(options.ledger)
        options.ledger.with_suffix(".log").write_text(logs)
        report.say(f"kept: {options.ledger}, {options.ledger.with_suffix('.log')}")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
