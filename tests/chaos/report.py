"""A ledger in words and numbers."""

import sys
from collections import Counter, defaultdict

from tests.chaos import checker
from tests.chaos.checker import Problem
from tests.chaos.ledger import Fault, Ledger


def say(text: str) -> None:
    """To whoever watches the run."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(fault: Fault, recovered: float, written: int) -> None:
    """One line, while the run goes on."""
    took = fault.end - fault.start
    say(f"{written:7d} written  {fault.kind:16s} {took:5.1f} s, overcome {recovered:4.1f} s later")


def summary(ledger: Ledger, problems: list[Problem]) -> str:
    """The whole run on a page."""
    return "\n".join([*_counts(ledger), "", *_waits(ledger), "", *_faults(ledger), "", *_verdict(problems)])


def _counts(ledger: Ledger) -> list[str]:
    rows = sum(len(rows) for rows in ledger.truth.values())
    shown = sum(len(shown) for view in ledger.views for shown in view.shown.values())
    acknowledged = len(checker.ack_times(ledger))
    connects, resets = (sum(getattr(view, name) for view in ledger.views) for name in ("connects", "resets"))
    codes = sum((Counter(view.closes) for view in ledger.views), Counter())
    closes = ", ".join(f"{count} times {code}" for code, count in sorted(codes.items())) or "never"
    return [
        f"{len(ledger.writes)} written, {acknowledged} acknowledged, {rows} in Postgres",
        f"{shown} rows shown on {len(ledger.views)} devices in {len(ledger.rooms)} rooms",
        f"{connects} connections, closed {closes}; {resets} times a device began anew",
    ]


def _waits(ledger: Ledger) -> list[str]:
    calm, news = checker.calm_waits(ledger), checker.news(ledger, checker.calm_writes(ledger))
    percents = (50, 95, 99)

    def row(what: str, values: list[float]) -> str:
        numbers = ", ".join(f"p{percent} {1000 * checker.percentile(values, percent):.0f} ms" for percent in percents)
        return f"{what} outside faults: {numbers} ({len(values)})"

    return [row("acknowledged", calm), row("shown to the others", news)]


def _faults(ledger: Ledger) -> list[str]:
    kinds: dict[str, list[Fault]] = defaultdict(list)
    for fault in ledger.faults:
        kinds[fault.kind].append(fault)
    lines = ["(seconds, the longest)   lasted  overcome  first ack  news meanwhile p50   p95"]
    for kind, faults in sorted(kinds.items()):
        lasted = max(fault.end - fault.start for fault in faults)
        overcome = max(checker.recovery(ledger, fault) for fault in faults)
        first = max(checker.first_ack_after(ledger, fault) for fault in faults)
        news = checker.news(ledger, [write for fault in faults for write in checker.written_during(ledger, fault)])
        p50, p95 = (checker.percentile(news, percent) for percent in (50, 95))
        lines.append(f"{len(faults):3d} {kind:16s} {lasted:10.1f} {overcome:9.1f} {first:10.2f} {p50:19.2f} {p95:5.2f}")
    return lines


def _verdict(problems: list[Problem]) -> list[str]:
    if not problems:
        return ["0 lost, 0 doubled, 0 out of order, 0 leaked, every screen equals the database: the promise held."]
    return ["THE PROMISE WAS BROKEN", *map(str, problems)]
