"""The arithmetic of docs/scaling.md.

    python -m bench.scaling                prints the tables
    python -m bench.scaling --publish      puts them into the page
    python -m bench.scaling --measure      first takes what was measured from the newest results

What was measured is in bench/scaling.json, and comes from `bin/bench --publish` (bench/results/published.json) and
`python -m bench.capacity` (bench/results/capacity.json). What is assumed is `Assumed` in bench/estimate.py.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from math import ceil
from pathlib import Path
from typing import Any

from bench.estimate import DAY, MILLION, Assumed, Crowd, Measured, Site
from bench.table import median_of

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "bench" / "scaling.json"
PUBLISHED, CAPACITY = (ROOT / "bench" / "results" / name for name in ("published.json", "capacity.json"))
PAGE = ROOT / "docs" / "scaling.md"


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
