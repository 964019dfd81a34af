"""The load generator as a whole, over real sockets, against a server that makes mistakes on purpose."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.relay import Relay, relaying

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parents[2]


def load(relay: Relay, mode: str, **plan: Any) -> dict[str, Any]:
    crowd = {
        "dialect": "tutorial",
        "urls": [f"http://127.0.0.1:{relay.port}"],
        "cookie": "session",
        "sessions": ["anybody"] * 8,
        "rooms": [f"room{number}" for number in range(4)],
    }
    plan = {"pairs": 4, "warmup": 0.2, "seconds": 1, "patience": 1, **plan}
    asked = {"mode": mode, "crowd": crowd, "groups": {"server": []}, "plan": plan}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_without_faults_it_finds_none(mode: str) -> None:
    with relaying(faulty=False) as relay:
        result = load(relay, mode, window=8, rate=300)

    assert result["sent"] == result["acknowledged"] == result["delivered"] > 0
    assert [result[fate] for fate in ("lost", "doubled", "out_of_order", "silent", "unknown")] == [0] * 5
    assert result["dropped"] == {}
    assert result["peer_ms"]["p99"] >= result["peer_ms"]["p50"] > 0


def test_every_fault_on_the_way_is_found() -> None:
    with relaying(faulty=True) as relay:
        result = load(relay, "open", rate=400)

    assert {fate: result[fate] for fate in relay.made} == dict(relay.made)
    assert min(relay.made.values()) > 0
    assert result["acknowledged"] == result["sent"]
