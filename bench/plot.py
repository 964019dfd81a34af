"""The picture: both servers side by side, every run a dot."""

import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # no screen needed; chosen before pyplot is imported

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.table import SERVERS, Runs

COLOURS = {"tutorial": "#9aa0a6", "mychat": "#2f6fde"}
PEER, OURS = "tutorial", "mychat"
SIZE, DOTS_PER_INCH = (11, 7), 110

Run = dict[str, Any]


def draw(runs: Runs, path: Path) -> None:
    """Writes the picture as PNG. A panel whose runs are missing stays empty."""
    figure, panels = plt.subplots(2, 3, figsize=SIZE, layout="constrained")
    figure.suptitle("mychat beside the plain tutorial (daphne, channels-redis), same machine, same run")
    one, two, three, four, five, six = panels.flat
    bars(one, runs, "max", "messages a second, one process", lambda run: run["per_second"])
    bars(two, runs, "two", "messages a second, two processes", lambda run: run["per_second"])
    bars(three, runs, "max", "CPU µs a message, all processes", cpu_us)
    latencies(four, runs)
    bars(five, runs, "idle", "KiB for each idle socket", lambda run: run["kib_per_socket"]["rss"])
    bars(six, runs, "idle", "server CPU µs for each connect", lambda run: run["connect_cpu_us"]["server"])
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)


def cpu_us(run: Run) -> float:
    """CPU of everything that serves a message."""
    return sum(run["cpu_us"][name] for name in SERVERS)


def bars(panel: Axes, runs: Runs, group: str, title: str, figure: Any) -> None:
    """The median of each server as a bar, its runs as dots."""
    panel.set_title(title, fontsize=10)
    for place, site in enumerate((PEER, OURS)):
        values = [figure(run) for run in runs.get(f"{group} {site}", [])]
        if values:
            middle = statistics.median(values)
            panel.bar(place, middle, color=COLOURS[site])
            panel.scatter([place] * len(values), values, color="black", s=9, zorder=3)
            panel.annotate(f"{middle:,.0f}", (place, middle), ha="center", va="bottom", fontsize=9)
    panel.set_xticks([0, 1], [PEER, OURS])
    panel.margins(y=0.15)


def latencies(panel: Axes, runs: Runs) -> None:
    """Median and 99th percentile by rate, on a logarithmic scale."""
    panel.set_title("ms from sending to receiving: p50 and p99", fontsize=10)
    keys = ["open500 tutorial-pubsub", *(f"open{rate} mychat" for rate in (100, 500, 1500))]
    names = ["tutorial\npub/sub 500/s", "100/s", "mychat\n500/s", "1,500/s"]
    for place, key in enumerate(keys):
        for quantile, alpha in (("p99", 0.45), ("p50", 1)):
            values = [run["peer_ms"][quantile] for run in runs.get(key, [])]
            if values:
                colour = COLOURS[PEER if place == 0 else OURS]
                middle = statistics.median(values)
                panel.bar(place, middle, color=colour, alpha=alpha)
                panel.annotate(f"{middle:.1f}", (place, middle), ha="center", va="bottom", fontsize=8)
    panel.set_yscale("log")
    panel.set_ylim(bottom=0.5)
    panel.set_xticks(range(len(names)), names, fontsize=8)
