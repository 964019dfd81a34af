"""`python -m bench.load`: reads a plan as JSON from standard input and writes the result to standard output."""

import gc
import json
import sys

import uvloop

from bench.load import holding, traffic
from bench.load.crowd import Crowd
from bench.load.holding import Holding
from bench.load.traffic import Traffic

MODES = {
    "closed": (traffic.closed, Traffic),
    "open": (traffic.open_loop, Traffic),
    "idle": (holding.idle, Holding),
    "churn": (holding.churn, Holding),
    "stuck": (holding.stuck, Holding),
}


def main() -> None:
    """One run: {"mode", "crowd", "groups" (roots of process trees by name), "plan"}."""
    asked = json.load(sys.stdin)
    run, plan = MODES[asked["mode"]]
    if plan is Traffic:
        gc.disable()  # its pauses would look like the server's
    crowd = Crowd(**asked["crowd"])
    result = uvloop.run(run(crowd, asked["groups"], plan(**asked["plan"])))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
