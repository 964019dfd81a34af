"""What the plan in docs/scaling.md needs and `bin/bench` doesn't tell: `.venv/bin/python -m bench.capacity`

How many bytes a message takes in Postgres and in its log, and what it costs to hear a message that another process
published and nobody here wants. Starts a Postgres and a Redis of its own; half a minute on a machine left alone.
Prints JSON, and keeps it in bench/results/capacity.json.
"""

import json
import subprocess
import sys

from bench.services import Services
from bench.sites import ROOT, VARIANTS, Sites

RESULT = ROOT / "bench" / "results" / "capacity.json"
PAIRS = 200


def main() -> None:
    """Runs both measurements in processes that have Django, against fresh services."""
    with Services() as services:
        sites = Sites(services, pairs=PAIRS)
        variant = VARIANTS["mychat"]
        sites.seed(variant)
        url = services.create("capacity", template="mychat_seeded")
        environment = variant.environment(url, services.redis_url, sites.data)
        found = {**ask(environment, "store"), **ask(environment, "hear")}
    text = json.dumps(found, indent=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text + "\n")
    print(text)


def ask(environment: dict[str, str], what: str) -> dict[str, float]:
    """What a process with Django found out."""
    command = [sys.executable, "-m", "bench.inside", what]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, timeout=300)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
