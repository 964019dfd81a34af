"""What became of every message.

A stream is one sender; its messages are numbered from 0 in the order they are sent. A message is *acknowledged* when
its sender has the receipt, *delivered* when the other one has it, and done when both are true.
"""

import math
import uuid
from array import array
from collections import Counter
from collections.abc import Callable

ACKNOWLEDGED, DELIVERED, REFUSED = 1, 2, 4
DONE = ACKNOWLEDGED | DELIVERED


class Ledger:
    """Counts what was sent against what came back, and how long it took. Times are seconds of one monotonic clock."""

    def __init__(self, streams: int) -> None:
        self._due: list[array[float]] = [array("d") for _ in range(streams)]  # when each message had to go out
        self._state = [bytearray() for _ in range(streams)]
        self._newest = [-1] * streams  # the highest number delivered
        self.sent = self.acknowledged = self.delivered = self.done = 0
        self.doubled = self.out_of_order = self.unknown = self.gaps = 0
        self.refused: Counter[str] = Counter()  # by code
        self.dropped: Counter[str] = Counter()  # sockets that the server ended, by how
        self.run = str(uuid.uuid4())[:18]  # tells this run's message ids from those of every other
        self.begin = self.end = math.inf  # only messages due from here to there are timed
        self.receipt_ms, self.peer_ms, self.late_ms = array("d"), array("d"), array("d")
        self.on_done: Callable[[int], None] = lambda stream: None
        self.on_refused: Callable[[int], None] = lambda stream: None

    def send(self, stream: int, due: float, now: float) -> int:
        """Notes that a message goes out now. Returns its number."""
        self._due[stream].append(due)
        self._state[stream].append(0)
        self.sent += 1
        self._time(self.late_ms, due, now)
        return len(self._due[stream]) - 1

    def acknowledge(self, stream: int, number: int, now: float) -> None:
        """Its sender has the receipt. A second receipt counts as doubled."""
        if self._mark(stream, number, ACKNOWLEDGED):
            self.acknowledged += 1
            self._time(self.receipt_ms, self._due[stream][number], now)
            self._finish(stream, number)

    def deliver(self, stream: int, number: int, now: float) -> None:
        """The other one has it. Once more is doubled; for the first time after a later one, out of order."""
        if self._mark(stream, number, DELIVERED):
            self.delivered += 1
            self.out_of_order += number < self._newest[stream]
            self._newest[stream] = max(self._newest[stream], number)
            self._time(self.peer_ms, self._due[stream][number], now)
            self._finish(stream, number)

    def refuse(self, stream: int, number: int, code: str) -> None:
        """The server said no."""
        if self._mark(stream, number, REFUSED):
            self.refused[code] += 1
            self.on_refused(stream)

    @property
    def silent(self) -> int:
        """Messages that were neither acknowledged nor refused."""
        return self.sent - self.acknowledged - self.refused.total()

    @property
    def lost(self) -> int:
        """Acknowledged, and never delivered."""
        return sum(state & DONE == ACKNOWLEDGED for states in self._state for state in states)

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.silent <= 0 and self.delivered >= self.acknowledged

    def give_up(self, now: float) -> None:
        """Times what was neither delivered nor refused as if it came now: what is missing must not look fast."""
        for dues, states in zip(self._due, self._state, strict=True):
            for due, state in zip(dues, states, strict=True):
                if not state & (DELIVERED | REFUSED):
                    self._time(self.peer_ms, due, now)

    def _mark(self, stream: int, number: int, mark: int) -> bool:
        """Whether this is the first time that such a thing is heard of a message that was sent."""
        if not (0 <= stream < len(self._state) and 0 <= number < len(self._state[stream])):
            self.unknown += 1
            return False
        if self._state[stream][number] & mark:
            self.doubled += 1
            return False
        self._state[stream][number] |= mark
        return True

    def _time(self, times: "array[float]", due: float, now: float) -> None:
        if self.begin <= due < self.end:
            times.append((now - due) * 1000)

    def _finish(self, stream: int, number: int) -> None:
        if self._state[stream][number] & DONE == DONE:
            self.done += 1
            self.on_done(stream)


def percentiles(times: "array[float]") -> dict[str, float]:
    """p50, p95, p99 and the worst of some milliseconds, by nearest rank; empty without any."""
    if not times:
        return {}
    ordered = sorted(times)
    ranks = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "worst": 1.0}
    return {name: round(ordered[math.ceil(len(ordered) * rank) - 1], 3) for name, rank in ranks.items()}
