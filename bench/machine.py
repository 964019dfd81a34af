"""The machine that the figures are from."""

import os
import platform
import re
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from bench.services import Services, postgres_bin

BLOCK = b"\0" * 8192
WRITES = 200
PACKAGES = ["Django", "channels", "channels-redis", "daphne", "Twisted", "autobahn", "psycopg", "redis", "picows"]


def describe(services: Services) -> dict[str, str]:
    """What to know about it, by name."""
    return {
        "machine": f"{os.cpu_count()} cores ({processor()}), {memory_gib():.0f} GiB",
        "system": f"{distribution()}, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}",
        "disk": f"fdatasync of 8 KiB takes {sync_ms(services.directory):.2f} ms (median of {WRITES})",
        "servers": f"{answer(postgres_bin() / 'postgres', '--version')}, {answer('redis-server', '--version')}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "date": time.strftime("%Y-%m-%d"),
    }


def processor() -> str:
    """The processor's name."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def memory_gib() -> float:
    """All memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def distribution() -> str:
    """The system's own name."""
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def sync_ms(directory: Path) -> float:
    """Milliseconds until 8 KiB are on the disk that the databases are on: what a commit waits for."""
    times = []
    with (directory / "probe").open("wb", buffering=0) as file:
        for _ in range(WRITES):
            file.seek(0)
            file.write(BLOCK)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def answer(program: Path | str, question: str) -> str:
    """The first words a program says about its version."""
    said = subprocess.run([program, question], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s*(\(.*?\)|sha=.*)", "", said.strip())
