"""The arithmetic of docs/scaling.md.

    python -m bench.scaling                prints the tables
    python -m bench.scaling --publish      puts them into the page
    python -m bench.scaling --measure      first takes what was measured from the newest results

What was measured is in bench/scaling.json, and comes from `bin/bench --publish` (bench/results/published.json) and
`python -m bench.capacity` (bench/results/capacity.json). What is assumed stands below as `Assumed`.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from bench.table import median_of
from chat.live.shards import PACE_SECONDS

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "bench" / "scaling.json"
PUBLISHED, CAPACITY = (ROOT / "bench" / "results" / name for name in ("published.json", "capacity.json"))
PAGE = ROOT / "docs" / "scaling.md"
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


# --- Tables -----------------------------------------------------------------------------------------------------------


def measured_table(measured: Measured) -> str:
    """What everything else is computed from."""
    told = {
        "most messages a second, one process, Postgres and Redis beside it": f"{measured.most_per_second:,.0f}",
        "server, CPU a message: alone / at the most": _pair(measured.server_us_alone, measured.server_us_most),
        "Postgres, CPU a message: alone / at the most": _pair(measured.postgres_us_alone, measured.postgres_us_most),
        "publishing, CPU a message: alone / 50 in a hint": _pair(measured.publish_us_1, measured.publish_us_50),
        "hearing what nobody here wants: alone / 50 in a hint": _pair(measured.hear_us_1, measured.hear_us_50),
        "Redis, CPU a message: alone / 50 in a hint": _pair(measured.redis_us_1, measured.redis_us_50),
        "Redis, for each further process that hears a hint": f"{measured.redis_us_listener:.1f} µs",
        "memory of an idle socket, of 10,000 in one process": f"{measured.kib_per_socket:.0f} KiB",
        "CPU of an idle socket, a second": f"{measured.socket_us_per_second:.0f} µs",
        "CPU of a connect (session, memberships, `ready`)": f"{measured.connect_us:,.0f} µs",
        "a message on disk, with indexes": f"{measured.table_bytes:.0f} bytes",
        "a message in the log / in a hint": f"{measured.wal_bytes:.0f} / {measured.hint_bytes:.0f} bytes",
    }
    return table(["measured", ""], told.items())


def _pair(alone: float, many: float) -> str:
    return f"{alone:,.0f} / {many:.1f} µs" if many < 10 else f"{alone:,.0f} / {many:,.0f} µs"


def processes_table(site: Site, counts: Sequence[int] = (1, 2, 4, 8, 16, 32, 64)) -> str:
    """How far more processes on one database go."""
    rows = []
    for count in counts:
        total = site.most(count)
        rate = total / count
        hint = site.hint(rate, count)
        hearing = total * site.hear.per_message(hint) / MILLION / site.assumed.busy if count > 1 else 0
        cores = site.postgres_cores(total, count)
        log = total * site.measured.wal_bytes / 1e6
        sizes = [f"{site.batch(rate):.0f} / {hint:.0f}", f"{hearing:.0%}", site.redis_hosts(total, count)]
        rows.append([count, whole(total), *sizes, whole(cores), whole(log)])
    return table(
        ["processes", "messages/s", "in a transaction / hint", "hearing", "Redis hosts", "Postgres cores",
         "log MB/s"], rows,
    )  # fmt: skip


def built_table(site: Site, people: Sequence[int] = (10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)) -> str:
    """What is built, for crowds of several sizes."""
    return table(
        ["people a day", "messages/s", "sockets", "processes", "Redis hosts", "Postgres cores", "connections",
         "GiB for sockets", "TB a year"], [_built(site, Crowd(count, site.assumed)) for count in people],
    )  # fmt: skip


def _built(site: Site, crowd: Crowd) -> list[Any]:
    total = crowd.a_second
    processes = site.processes_for(total, crowd.sockets)
    figures = ["none carries it", "", "", "", ""]
    if processes is not None:
        memory = crowd.sockets * site.measured.kib_per_socket / 1024 / 1024
        cores = site.postgres_cores(total, processes)
        connections = processes * site.assumed.connections
        figures = [processes, site.redis_hosts(total, processes), f"{cores:.1f}", whole(connections), f"{memory:,.1f}"]
    disk = _disk(crowd, site)
    return [
        whole(crowd.people),
        whole(total),
        whole(crowd.sockets),
        *figures,
        f"{disk:,.2f}" if disk < 1 else whole(disk),
    ]


def _disk(crowd: Crowd, site: Site) -> float:
    return crowd.terabytes_a_year(site.measured.table_bytes)


def plan_table(site: Site, people: Sequence[int] = (10_000_000, 100_000_000, 1_000_000_000)) -> str:
    """The plan on paper: cells of rooms, and edges that hold the sockets."""
    return table(
        ["people a day", "messages/s", "million sockets", "cells", "edge processes", "cores for messages",
         "cores for sockets", "Postgres servers", "TB a year", "of each cell"],
        [_planned(site, Crowd(count, site.assumed)) for count in people],
    )  # fmt: skip


def _planned(site: Site, crowd: Crowd) -> list[Any]:
    assumed, measured = site.assumed, site.measured
    hop = site.publish.per_message(assumed.hop_batch) + site.hear.per_message(assumed.hop_batch)
    message = site.server.per_message(assumed.hop_batch) + assumed.hops * hop
    connects = crowd.people * assumed.connects_a_day / DAY * assumed.peak
    socket = crowd.sockets * measured.socket_us_per_second + connects * measured.connect_us
    cells = ceil(crowd.a_second / assumed.cell_per_second)
    edges = ceil(crowd.sockets / assumed.sockets_of_process)
    cores = [whole(crowd.a_second * message / MILLION / assumed.busy), whole(socket / MILLION / assumed.busy)]
    disk = _disk(crowd, site)
    return [
        whole(crowd.people), whole(crowd.a_second), whole(crowd.sockets / MILLION), cells, whole(edges), *cores,
        whole(3 * cells), whole(disk), whole(disk / cells),
    ]  # fmt: skip


def cell_table(site: Site) -> str:
    """What one cell of the plan is made of."""
    rate, assumed = float(site.assumed.cell_per_second), site.assumed
    processes = ceil(rate * site.server.per_message(assumed.hop_batch) / MILLION / assumed.busy)
    rows = [
        ["messages/s", whole(rate)],
        ["room processes", processes],
        ["Postgres cores", f"{site.postgres_cores(rate, processes):.1f} of {assumed.postgres_cores}"],
        ["log MB/s, to two replicas as well", f"{rate * site.measured.wal_bytes / 1e6:.0f}"],
        ["people whose messages it carries", whole(rate / assumed.peak * DAY / assumed.messages_a_day)],
    ]
    return table(["one cell", ""], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [list(head), ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def whole(number: float) -> str:
    """Rounded to what such an estimate may claim: two digits."""
    if number < 1:
        return f"{number:.1f}"
    step = 10 ** max(0, len(str(int(number))) - 2)
    return f"{round(number / step) * step:,}"


# --- The page ---------------------------------------------------------------------------------------------------------


def tables() -> dict[str, str]:
    """Every table by the name that its place in the page has."""
    measured = Measured(**json.loads(MEASURED.read_text()))
    site = Site(measured, Assumed())
    return {
        "measured": measured_table(measured),
        "processes": processes_table(site),
        "built": built_table(site),
        "cell": cell_table(site),
        "plan": plan_table(site),
    }


def filled(page: str, found: dict[str, str]) -> str:
    """The page with every table in its place. Raises KeyError where one has none."""
    for name, text in found.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        if begin not in page:
            raise KeyError(name)
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


def measure() -> Measured:
    """What the newest results say."""
    runs, more = json.loads(PUBLISHED.read_text())["runs"], json.loads(CAPACITY.read_text())

    def us(case: str, who: str) -> float:
        return median_of(runs, f"{case} mychat", f"cpu_us.{who}")

    own = {
        "most_per_second": median_of(runs, "max mychat", "per_second"),
        "server_us_alone": us("open100", "server"),
        "server_us_most": us("max", "server"),
        "postgres_us_alone": us("open100", "postgres"),
        "postgres_us_most": us("max", "postgres"),
    }
    wanted = {field.name for field in fields(Measured)}
    return Measured(**own, **{name: value for name, value in more.items() if name in wanted})


def main() -> None:
    """Prints, publishes or measures."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description="The arithmetic of docs/scaling.md.")
    parser.add_argument("--measure", action="store_true", help="take the newest results")
    parser.add_argument("--publish", action="store_true", help="put the tables into docs/scaling.md")
    options = parser.parse_args()
    if options.measure:
        MEASURED.write_text(json.dumps(asdict(measure()), indent=1) + "\n")
    found = tables()
    print("\n\n".join(found.values()))
    if options.publish:
        PAGE.write_text(filled(PAGE.read_text(), found))


if __name__ == "__main__":
    main()
