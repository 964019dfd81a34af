"""How much so many processes carry, and what so many people want: the model behind docs/scaling.md.

What was measured is in bench/scaling.json. What is assumed is `Assumed`: change it, and run `python -m bench.scaling`.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from chat.live.shards import PACE_SECONDS

MILLION = 1_000_000
DAY = 86_400


class Cost(NamedTuple):
    """CPU in µs of a batch: once for all, and for each message in it."""

    once: float
    each: float

    @classmethod
    def of(cls, alone: float, many: float, batch: float) -> "Cost":
        """From what a message costs alone, and what it costs in a batch of so many."""
        once = max(0.0, (alone - many) * batch / (batch - 1))
        return cls(once, alone - once)

    def per_message(self, batch: float) -> float:
        """What a message costs in a batch of so many."""
        return self.once / batch + self.each


@dataclass(frozen=True)
class Measured:
    """Medians on one machine. CPU in µs for each message, alone in its batch (100/s) and at the most messages."""

    most_per_second: float
    server_us_alone: float
    server_us_most: float
    postgres_us_alone: float
    postgres_us_most: float
    publish_us_1: float
    publish_us_50: float
    hear_us_1: float
    hear_us_50: float
    redis_us_1: float
    redis_us_50: float
    redis_us_listener: float
    kib_per_socket: float
    socket_us_per_second: float
    connect_us: float
    table_bytes: float
    wal_bytes: float
    hint_bytes: float


@dataclass(frozen=True)
class Assumed:
    """About people, and about how full a machine is run."""

    messages_a_day: float = 50  # by each person who is active that day
    peak: float = 3  # the busiest minute against the day's average
    online: float = 0.25  # of the day's people, at that moment
    sockets: float = 1.3  # of each person online
    busy: float = 0.5  # of each core, so that there is room for bursts, vacuum and a neighbour that died
    commit_seconds: float = 0.003  # how long a batch takes: what comes meanwhile is the next
    batch_at_most: float = 40  # messages in a batch when most_per_second was measured: half of those in flight
    sockets_of_process: int = 10_000
    connections: int = 5  # to Postgres, of each process: DB_POOL_MAX
    postgres_cores: int = 16  # of one machine
    redis_bytes: float = 600e6  # that one host sends in a second: half of a card of 10 Gbit/s
    # The plan beyond one database:
    cell_per_second: int = 5_000  # messages; less than it could take, because a year of them has to fit on its disks
    hop_batch: float = 10  # messages that travel together between two processes
    connects_a_day: float = 10  # of each person: a phone that is looked at again
    hops: float = 3  # from the sender's edge to the room, and from there to two people's edges


# --- What is built ----------------------------------------------------------------------------------------------------


class Site:
    """So many server processes on one database, with as many Redis hosts as it takes."""

    def __init__(self, measured: Measured, assumed: Assumed) -> None:
        self.measured, self.assumed = measured, assumed
        m, batch = measured, assumed.batch_at_most
        self.server = Cost.of(m.server_us_alone, m.server_us_most, batch)
        self.postgres = Cost.of(m.postgres_us_alone, m.postgres_us_most, batch)
        self.publish = Cost.of(m.publish_us_1, m.publish_us_50, 50)
        self.hear = Cost.of(m.hear_us_1, m.hear_us_50, 50)
        self.redis = Cost.of(m.redis_us_1, m.redis_us_50, 50)

    def batch(self, rate: float) -> float:
        """Messages in one transaction, of a process that takes `rate` a second."""
        return max(1.0, rate * self.assumed.commit_seconds)

    def hint(self, rate: float, processes: int) -> float:
        """Messages in one hint: those of a transaction, or of the pause that the bus makes for so many listeners."""
        return max(self.batch(rate), rate * PACE_SECONDS * (processes - 1))

    def cores(self, rate: float, processes: int, sockets: float = 0) -> float:
        """Cores that one of the processes uses: its own messages, what it tells and hears, and its sockets."""
        own = self.server.per_message(self.batch(rate))
        if processes > 1:
            hint = self.hint(rate, processes)
            own += self.publish.per_message(hint) + processes * self.hear.per_message(hint)  # ours come back to us
        return (rate * own + sockets * self.measured.socket_us_per_second) / MILLION

    def most(self, processes: int) -> float:
        """Messages a second of all processes together, each as busy as planned."""
        low, high = 0.0, MILLION / self.server.each
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.cores(middle, processes) <= self.assumed.busy else (low, middle)
        return processes * low

    def postgres_cores(self, total: float, processes: int) -> float:
        """Cores that Postgres has to have for so many messages a second."""
        return total * self.postgres.per_message(self.batch(total / processes)) / MILLION / self.assumed.busy

    def redis_hosts(self, total: float, processes: int) -> int:
        """Redis hosts: each uses one core, and one network card."""
        if processes == 1:
            return 1  # presence and limits
        hint = self.hint(total / processes, processes)
        told = total * self.redis.per_message(hint) + total / hint * processes * self.measured.redis_us_listener
        carried = total * processes * self.measured.hint_bytes
        return max(1, ceil(told / MILLION / self.assumed.busy), ceil(carried / self.assumed.redis_bytes))

    def processes_for(self, total: float, sockets: float) -> int | None:
        """As few processes as carry it, or None if no number does."""
        fewest = max(1, ceil(sockets / self.assumed.sockets_of_process))
        for processes in range(fewest, 4 * fewest + 64):
            if self.cores(total / processes, processes, sockets / processes) <= self.assumed.busy:
                return processes
        return None


# --- People -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crowd:
    """People who are active on a day, and what they do."""

    people: int
    assumed: Assumed

    @property
    def a_second(self) -> float:
        """Messages in the busiest minute."""
        return self.people * self.assumed.messages_a_day / DAY * self.assumed.peak

    @property
    def sockets(self) -> float:
        """At that moment."""
        return self.people * self.assumed.online * self.assumed.sockets

    def terabytes_a_year(self, bytes_each: float) -> float:
        """What is stored in a year."""
        return self.people * self.assumed.messages_a_day * 365 * bytes_each / 1e12
