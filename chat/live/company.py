"""Who else hears a shard, and whether we hear them: nothing is published for nobody; in doubt the database is asked.

Every hub beats on every shard: at once when it starts to listen, then every BEAT_SECONDS. A beat carries the moment it
was sent, so one of our own that comes back says up to when we have heard everything. Every message carries its number,
so that one that is lost shows when the next is heard, a beat at the latest. The rules:

1. A hub is *deaf* while its newest beat that came back is older than SILENT_SECONDS. It polls.
2. A hub is *in doubt* when it hears itself for the first time or more than GAP_SECONDS after the beat before, when
   somebody comes or comes back, and when a number is missing. It polls until a poll that began SILENT_SECONDS later has
   succeeded: by then what was under way has arrived.
3. A hub is *quiet* (publishes nothing) only while it isn't deaf, was in no doubt for COMPANY_SECONDS, and heard no beat
   of anybody else in them.

Why nobody misses what a quiet hub A didn't publish at a moment t. A has by then taken in all that went over the shard
before t - SILENT_SECONDS (else it were deaf), so a hub B that A doesn't know sent no beat between t - COMPANY_SECONDS
and t - SILENT_SECONDS. That is more than GAP_SECONDS. So either B is deaf at t, and polls; or it has heard a beat of
its own since t - SILENT_SECONDS, noticed the gap before it (or it was B's first), and polls at least once after t. The
row was committed before t: that poll finds it. `tests/live/test_company.py` plays this, and losses, with random delays,
freezes and cuts.

Somebody who was heard and is *missing* (no beat, no farewell) may be dead, or alive and cut off from Redis alone. So
we poll as long as that may be. What is left: a process that was cut off before anybody ever heard it. What it writes
is found by the comparison every 30 seconds.
"""

from math import inf

BEAT_SECONDS = 1.0
GAP_SECONDS = 1.5
SILENT_SECONDS = 2.0
COMPANY_SECONDS = 4.0  # more than GAP_SECONDS + SILENT_SECONDS: see above
MISSING_SECONDS = 600.0


class Company:
    """What one hub knows about one shard. All moments are seconds on this process's monotonic clock."""

    def __init__(self) -> None:
        self._echo = -inf  # when the newest of our beats that came back was sent
        self._doubted = -inf  # when something may have been lost, last
        self._beaten: dict[str, float] = {}  # other hub -> when its last beat was heard
        self._numbers: dict[str, tuple[int, float]] = {}  # process -> its newest message, and when that was heard

    def hear(self, process: str, number: int, now: float) -> None:
        """Any message of any process, this one's too; each process numbers its own from 1."""
        newest, _ = self._numbers.get(process, (0, now))
        if number > newest + 1:
            self.doubt(now)
        self._numbers[process] = max(number, newest), now

    def hear_ourselves(self, sent: float, now: float) -> None:
        """A beat of ours came back."""
        if now - self._echo > GAP_SECONDS:
            self.doubt(now)
        self._echo = max(self._echo, sent)

    def hear_beat(self, process: str, now: float) -> None:
        """Another hub beat."""
        if now - self._beaten.get(process, -inf) > SILENT_SECONDS:  # it may have spoken while nobody heard it
            self.doubt(now)
        self._beaten[process] = now

    @property
    def size(self) -> int:
        """How many other hubs were heard lately."""
        return len(self._beaten)

    def part(self, process: str) -> None:
        """Another hub said that it ends."""
        self._beaten.pop(process, None)

    def doubt(self, now: float) -> None:
        """Something may have been lost."""
        self._doubted = now

    def deaf(self, now: float) -> bool:
        """Whether we can't rely on hearing others."""
        return now - self._echo > SILENT_SECONDS

    def quiet(self, now: float) -> bool:
        """Whether nobody else is there, so that nothing need be published."""
        if self.deaf(now) or now - self._doubted <= COMPANY_SECONDS:
            return False
        return all(now - heard > COMPANY_SECONDS for heard in self._beaten.values())

    def must_poll(self, now: float, polled: float) -> bool:
        """Whether the database must be asked; `polled` is when the last poll that succeeded began."""
        return self.deaf(now) or polled <= self._doubted + SILENT_SECONDS or self._missing(now)

    def _missing(self, now: float) -> bool:
        self._forget(now)
        return any(now - heard > SILENT_SECONDS for heard in self._beaten.values())

    def _forget(self, now: float) -> None:
        """Who was silent for so long is dead, or nobody's concern."""
        before = now - MISSING_SECONDS
        self._beaten = {process: heard for process, heard in self._beaten.items() if heard > before}
        self._numbers = {process: last for process, last in self._numbers.items() if last[1] > before}
