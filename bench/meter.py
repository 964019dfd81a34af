"""What processes cost, read from /proc: CPU seconds and memory of process trees, and of the rest of the machine."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")
USER, CHILDREN = slice(11, 13), slice(13, 15)  # of the fields after the name in /proc/<pid>/stat
NOISE_CORES = 0.3  # a run beside more than this of other people's work is not to be trusted

Groups = dict[str, list[int]]  # "server": the roots of its process trees


def tree(roots: Iterable[int]) -> set[int]:
    """These processes and all that descend from them."""
    parents = {pid: int(fields[1]) for pid, fields in _all_stats()}
    found = set(roots) & parents.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU that these trees have used. What ended meanwhile is counted with its parent."""
    inside = tree(roots)
    ticks = sum(sum(map(int, fields[USER] + fields[CHILDREN])) for pid, fields in _all_stats() if pid in inside)
    return ticks / TICK


def memory_kib(roots: Iterable[int]) -> dict[str, int]:
    """Resident and proportional size of these trees in KiB."""
    total = {"rss": 0, "pss": 0}
    for pid in tree(roots):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.lower() in total:
                total[name.lower()] += int(value.split()[0])
    return total


def rss_kib(pids: Iterable[int]) -> int:
    """Resident size of these processes alone in KiB: quick enough to be asked while something else is timed."""
    page = os.sysconf("SC_PAGE_SIZE") // 1024
    return sum(int((PROC / str(pid) / "statm").read_text().split()[1]) * page for pid in pids)


@dataclass
class Reading:
    """The state of all counters at one moment."""

    groups: Groups
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.used = {name: cpu_seconds(roots) for name, roots in self.groups.items()}
        self.used["generator"] = time.process_time()
        self.busy, self.stolen = _machine_seconds()

    def since(self, before: "Reading") -> dict[str, float]:
        """CPU seconds of each group between two readings, and of others (`foreign`) and taken by the host in cores."""
        seconds = self.at - before.at
        used = {name: self.used[name] - before.used[name] for name in self.used}
        foreign = max(0.0, self.busy - before.busy - sum(used.values())) / seconds
        stolen = (self.stolen - before.stolen) / seconds
        return {**used, "seconds": seconds, "foreign": round(foreign, 3), "stolen": round(stolen, 3)}


def _all_stats() -> Iterable[tuple[int, list[str]]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                continue
            yield int(entry.name), text[text.rindex(")") + 2 :].split()


def _machine_seconds() -> tuple[float, float]:
    """Seconds that all cores were busy, and seconds that the host gave to other machines."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq) / TICK, steal / TICK
