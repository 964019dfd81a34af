"""What the plan in docs/scaling.md needs and `bin/bench` doesn't tell: `.venv/bin/python -m bench.capacity`

How many bytes a message takes in Postgres and in its log, what it costs to hear a message that another process
published and nobody here wants, and what ten thousand sockets cost one process. Starts a Postgres and a Redis of its
own; two minutes on a machine left alone. Prints JSON, and keeps it in bench/results/capacity.json.
"""

import json
import subprocess
import sys
from typing import Any

from bench.__main__ import allow_many_files, drive
from bench.services import Services
from bench.sites import ROOT, VARIANTS, Sites

RESULT = ROOT / "bench" / "results" / "capacity.json"
SOCKETS = 10_000  # each another person's


def main() -> None:
    """Runs all three against fresh services."""
    allow_many_files()
    with Services() as services:
        sites = Sites(services, pairs=SOCKETS // 2 + 100)
        variant = VARIANTS["mychat"]
        with sites.running(variant, 1) as running:
            idle = drive(running, "idle", {"sockets": SOCKETS, "seconds": 20})
        url = services.create("capacity", template="mychat_seeded")
        environment = variant.environment(url, services.redis_url, sites.data)
        found = {**sockets(idle), **ask(environment, "store"), **ask(environment, "hear")}
    text = json.dumps(found, indent=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text + "\n")
    print(text)


def sockets(idle: dict[str, Any]) -> dict[str, float]:
    """What each socket costs the server: memory, CPU to connect, and CPU to keep. None may have been dropped."""
    if idle["dropped"]:
        raise SystemExit(f"sockets were dropped: {idle['dropped']}")
    return {
        "kib_per_socket": idle["kib_per_socket"]["rss"],
        "connect_us": idle["connect_cpu_us"]["server"],
        "socket_us_per_second": round(idle["idle_cores"]["server"] / SOCKETS * 1e6, 1),
    }


def ask(environment: dict[str, str], what: str) -> dict[str, float]:
    """What a process with Django found out."""
    command = [sys.executable, "-m", "bench.inside", what]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, timeout=300)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
