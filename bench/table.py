"""The table of numbers: medians of the runs, ratios and goals. Pure arithmetic over what the runs returned."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

VOID_BELOW = 250  # messages a second: a tutorial slower than this ran on a machine that was busy
GROWTH_MIB = 128  # under overload
SERVERS = ("server", "postgres", "redis")

Runs = dict[str, list[dict[str, Any]]]  # results by the case's key
Median = Callable[[str, str], float]


@dataclass
class Line:
    """One line of the table. `met` is None for a figure that has no goal."""

    measure: str
    tutorial: str
    mychat: str
    ratio: str
    goal: str
    met: bool | None


def median_of(runs: Runs, key: str, path: str) -> float:
    """The median of a figure over a case's runs; `path` is like "peer_ms.p99". Raises KeyError without any."""
    values = [_at(run, path) for run in runs.get(key, [])]
    if not values:
        raise KeyError(key)
    return statistics.median(values)


def _at(run: dict[str, Any], path: str) -> float:
    value: Any = run
    for name in path.split("."):
        value = value[name]
    return float(value)


def lines(runs: Runs) -> list[Line]:
    """The lines that these runs have the figures for."""
    found = []
    for make in (
        _maximum, _cpu, _latency_500, _latency_spread, _memory, _connect, _churn, _stuck, _two, _overload, _embedded,
        _embedded_wal, _fates,
    ):  # fmt: skip
        try:
            found.append(make(runs))
        except KeyError:  # this group was not run
            continue
    return found


# --- The measures -----------------------------------------------------------------------------------------------------


def _rate(runs: Runs, name: str, measure: str, times: float, ambition: str = "") -> Line:
    peer, ours = (median_of(runs, f"{name} {site}", "per_second") for site in ("tutorial", "mychat"))
    goal = f"at least {times:g} times{ambition}"
    return Line(measure, f"{peer:,.0f}/s", f"{ours:,.0f}/s", f"{ours / peer:.1f}", goal, ours >= times * peer)


def _maximum(runs: Runs) -> Line:
    return _rate(runs, "max", "most messages, one process", 20, " (30 is the ambition)")


def _two(runs: Runs) -> Line:
    return _rate(runs, "two", "two processes, every pair split over both", 8)


def _embedded(runs: Runs) -> Line:
    return _rate(runs, "embedded", "embedded: SQLite, in memory, no Redis", 5)


def _embedded_wal(runs: Runs) -> Line:
    peer, ours = median_of(runs, "wal tutorial", "per_second"), median_of(runs, "embedded mychat", "per_second")
    measure = "embedded, and the tutorial with SQLite’s write-ahead log"
    return Line(measure, f"{peer:,.0f}/s", f"{ours:,.0f}/s", f"{ours / peer:.1f}", "", None)


def _cpu(runs: Runs) -> Line:
    peer, ours = (_cpu_us(runs, f"max {site}") for site in ("tutorial", "mychat"))
    measure = "CPU per message at most messages: server + Postgres + Redis"
    return Line(measure, f"{peer:,.0f} µs", f"{ours:,.0f} µs", f"1/{peer / ours:.1f}", "1/15", 15 * ours <= peer)


def _cpu_us(runs: Runs, key: str) -> float:
    return sum(median_of(runs, key, f"cpu_us.{name}") for name in SERVERS)


def _latency_500(runs: Runs) -> Line:
    peer, ours = (median_of(runs, f"open500 {site}", "peer_ms.p99") for site in ("tutorial-pubsub", "mychat"))
    goal = "at most 8 ms and 1/8 of the tutorial with the pub/sub layer"
    met = ours <= 8 and 8 * ours <= peer
    return Line(
        "p99 from sending to receiving, 500/s", f"{peer:,.1f} ms", f"{ours:,.1f} ms", f"1/{peer / ours:.1f}", goal, met
    )


def _latency_spread(runs: Runs) -> Line:
    calm, busy = (median_of(runs, f"open{rate} mychat", "peer_ms.p99") for rate in (100, 1500))
    goal, met = "at most 2 times and 10 ms", busy <= 2 * calm and busy <= 10
    both = f"{calm:.1f} → {busy:.1f} ms"
    return Line("p99 at 100/s → at 1,500/s", "", both, f"{busy / calm:.1f}", goal, met)


def _memory(runs: Runs) -> Line:
    return _share(runs, "memory for each idle socket", "kib_per_socket.rss", "{:.1f} KiB", most=0.75)


def _connect(runs: Runs) -> Line:
    return _share(runs, "server CPU for each connect", "connect_cpu_us.server", "{:,.0f} µs", most=0.6)


def _share(runs: Runs, title: str, figure: str, form: str, most: float) -> Line:
    """What an idle run costs us, as a part of what it costs the tutorial."""
    peer, ours = (median_of(runs, f"idle {site}", figure) for site in ("tutorial", "mychat"))
    goal, met = f"at most {most}", ours <= most * peer
    return Line(title, form.format(peer), form.format(ours), f"{ours / peer:.2f}", goal, met)


def _churn(runs: Runs) -> Line:
    grown = median_of(runs, "churn mychat", "growth_kib") / 1024
    cycles = median_of(runs, "churn mychat", "cycles")
    measure = f"growth over {cycles:,.0f} connects and disconnects"
    return Line(measure, "", f"{grown:.1f} MiB", "", "under 30 MiB", grown < 30)


def _stuck(runs: Runs) -> Line:
    each = median_of(runs, "stuck mychat", "mib_per_reader")
    written = median_of(runs, "stuck mychat", "mib_written_to_each")
    measure = f"memory for each reader that never reads ({written:.0f} MiB written to it)"
    return Line(measure, "", f"{each:.2f} MiB", "", "under 5 MiB", each < 5)


def _overload(runs: Runs) -> Line:
    results = runs.get("overload mychat", [])
    offered = median_of(runs, "overload mychat", "offered")
    silent = max(run["silent"] for run in results)
    grown = max(run["rss_kib"]["peak"] - run["rss_kib"]["before"] for run in results) / 1024
    refused = statistics.median(sum(run["refused"].values()) / run["sent"] for run in results)
    codes = ", ".join(sorted({code for run in results for code in run["refused"]})) or "none"
    ours = f"{refused:.0%} refused ({codes}), {silent:,} without an answer, {grown:.0f} MiB more"
    goal = f"excess refused by code, 0 without an answer, under {GROWTH_MIB} MiB more"
    met = silent == 0 and grown < GROWTH_MIB and all(clean(run) for run in results)
    return Line(f"twice the most: {offered:,.0f}/s offered", "", ours, "", goal, met)


def _fates(runs: Runs) -> Line:
    ours, peer = _with_fates(runs, " mychat"), _with_fates(runs, " tutorial")
    if not ours:
        raise KeyError
    acknowledged = sum(run["acknowledged"] for run in ours)
    measure = f"lost / doubled / out of order in {acknowledged:,} acknowledged; rows in the database are off by"
    return Line(measure, _fate(peer), _fate(ours), "", _fate([]), all(map(clean, ours)))


def _with_fates(runs: Runs, ending: str) -> list[dict[str, Any]]:
    return [run for key, results in runs.items() if key.endswith(ending) for run in results if "lost" in run]


def _fate(results: list[dict[str, Any]]) -> str:
    sums = (sum(fates) for fates in zip((0, 0, 0, 0), *map(fates_of, results), strict=True))
    lost, doubled, disordered, rows = sums
    return f"{lost:,} / {doubled:,} / {disordered:,}; {rows:,}"


def fates_of(run: dict[str, Any]) -> tuple[int, int, int, int]:
    """Messages lost, doubled (or never sent), out of order, and how far the database is from the acknowledged."""
    off = abs(run["rows"] - run["acknowledged"])
    return run["lost"], run["doubled"] + run["unknown"], run["out_of_order"], off


def clean(run: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or out of order, and the database holds what was acknowledged."""
    return not any(fates_of(run))


# --- As text ----------------------------------------------------------------------------------------------------------


def void(runs: Runs) -> str:
    """Why nothing of this counts, or ""."""
    try:
        rate = median_of(runs, "max tutorial", "per_second")
    except KeyError:
        return ""
    return (
        f"VOID: the tutorial made {rate:.0f}/s, under {VOID_BELOW}: the machine was busy." if rate < VOID_BELOW else ""
    )


def markdown(found: Iterable[Line]) -> str:
    """The table, to be pasted into a page."""
    verdicts = {True: "met", False: "**missed**", None: ""}
    head = ["| measure | tutorial | mychat | ratio | goal | |", "|---|---|---|---|---|---|"]
    rows = [
        f"| {line.measure} | {line.tutorial} | {line.mychat} | {line.ratio} | {line.goal} | {verdicts[line.met]} |"
        for line in found
    ]
    return "\n".join(head + rows)
