"""What is run, for each group of the table: which server, and what the load generator is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One kind of run, repeated in every round. `key` names its results."""

    key: str
    variant: str
    mode: str
    plan: dict[str, Any] = field(default_factory=dict)
    processes: int = 1


def groups(seconds: float, *, quick: bool = False) -> dict[str, list[Case]]:
    """All groups, in the order in which the table shows them; the peer before us, so that runs interleave."""
    closed = {"pairs": 50, "window": 100, "seconds": seconds}
    idle = {"sockets": 400 if quick else 2000, "seconds": 4 if quick else 10}
    churn = {"cycles": 2_000 if quick else 20_000, "warm_cycles": 1_000, "seconds": 60 if quick else 240}
    stuck = {"readers": 20, "megabytes": 8 if quick else 16, "seconds": 60}
    return {
        "max": _both("max", "closed", closed),
        "latency": [
            Case("open500 tutorial-pubsub", "tutorial-pubsub", "open", {"rate": 500, "seconds": seconds}),
            *(
                Case(f"open{rate} mychat", "mychat", "open", {"rate": rate, "seconds": seconds})
                for rate in (500, 100, 1500)
            ),
        ],
        "idle": _both("idle", "idle", idle),
        "churn": [Case("churn mychat", "mychat", "churn", churn)],
        "stuck": [Case("stuck mychat", "mychat", "stuck", stuck)],
        "two": _both("two", "closed", closed, processes=2),
        # A hundred in flight leave the writer idle at times: with a thousand it shows all it can.
        "overload": [
            Case("deep mychat", "mychat", "closed", {**closed, "window": 1000, "seconds": min(seconds, 6)}),
            Case("overload mychat", "mychat", "open", {"seconds": min(seconds, 8), "patience": 20}),
        ],
        "embedded": [
            *_both("embedded", "closed", closed, ending="-sqlite"),
            Case("wal tutorial", "tutorial-wal", "closed", closed),
        ],
    }


def chosen(names: Iterable[str], seconds: float, *, quick: bool = False) -> list[Case]:
    """The cases of these groups, in the table's order."""
    return [case for name, cases in groups(seconds, quick=quick).items() if name in names for case in cases]


def _both(name: str, mode: str, plan: dict[str, Any], *, processes: int = 1, ending: str = "") -> list[Case]:
    return [Case(f"{name} {site}", f"{site}{ending}", mode, plan, processes) for site in ("tutorial", "mychat")]
