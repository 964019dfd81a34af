"""The real thing, small: a Postgres and a Redis of its own, the tutorial and mychat, a second or two each."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.__main__ import drive
from bench.services import Services
from bench.sites import VARIANTS, Running, Sites
from bench.table import clean

pytestmark = [pytest.mark.site, pytest.mark.postgres, pytest.mark.redis]

SMALL = {"pairs": 4, "window": 8, "warmup": 0.5, "seconds": 1.5}


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    with Services() as services:
        yield Sites(services, pairs=20)


@pytest.fixture(scope="module")
def mychat(sites: Sites) -> Iterator[Running]:
    with sites.running(VARIANTS["mychat"], 1) as running:
        yield running


def without_a_fault(result: dict[str, Any]) -> bool:
    return clean(result) and result["silent"] == 0 and not result["refused"] and not result["dropped"]


@pytest.mark.parametrize("variant", ["tutorial", "tutorial-pubsub", "tutorial-sqlite", "mychat-sqlite"])
def test_every_acknowledged_message_arrived_once_and_is_stored(sites: Sites, variant: str) -> None:
    with sites.running(VARIANTS[variant], 1) as running:
        result = drive(running, "closed", SMALL)

    assert result["acknowledged"] == result["rows"] > 0
    assert without_a_fault(result)
    assert result["cpu_us"]["server"] > 0


def test_it_holds_for_mychat_over_two_processes(sites: Sites) -> None:
    with sites.running(VARIANTS["mychat"], 2) as running:
        result = drive(running, "closed", SMALL)

    assert result["acknowledged"] == result["rows"] > 0
    assert without_a_fault(result)


def test_the_other_ways_to_load_a_server(mychat: Running) -> None:
    talk = drive(mychat, "open", {**SMALL, "rate": 100})
    assert talk["acknowledged"] == talk["sent"] == talk["rows"] > 0
    assert talk["peer_ms"]["p99"] >= talk["peer_ms"]["p50"] > 0

    rest = drive(mychat, "idle", {"sockets": 20, "seconds": 0.5})
    assert rest["dropped"] == {}
    assert rest["connect_cpu_us"]["server"] > 0

    assert drive(mychat, "churn", {"cycles": 60, "warm_cycles": 20, "seconds": 30})["cycles"] == 60

    mute = drive(mychat, "stuck", {"readers": 3, "megabytes": 0.5, "seconds": 30})
    assert mute["mib_written_to_each"] > 0.4
    assert mute["dropped"] == {}
