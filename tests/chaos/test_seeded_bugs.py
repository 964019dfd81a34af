"""The checker is worth something only if it catches what it is there for: each bug is put in, and has to be found."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.chaos.bad_clients import CLIENT_BUGS, BadRoad
from tests.chaos.checker import Limits, check
from tests.chaos.run import Plan, once
from tests.chaos.services import Services

pytestmark = [pytest.mark.site, pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(240)]

NO_HURRY = Limits(ack_p95=60.0, after_web=60.0, after_postgres=60.0)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


def wrongs(services: Services, plan: Plan, **how: str) -> set[str]:
    """The names of what the checker finds in a run."""
    ledger, _ = asyncio.run(once(plan, services, **how))
    return {problem.name for problem in check(ledger, NO_HURRY)}


def server_bug(services: Services, bug: str, plan: Plan) -> set[str]:
    return wrongs(services, plan, module="tests.chaos.bad_servers", CHAOS_BUG=bug)


def test_a_road_that_loses_doubles_and_swaps_breaks_no_promise(services: Services) -> None:
    assert wrongs(services, Plan(messages=250, seconds=5.0, device=BadRoad)) == set()


@pytest.mark.parametrize(
    ("bug", "names"),
    [
        ("gap skipped", {"different from the truth"}),
        ("hint treated as truth", {"doubled", "out of order", "different from the truth"}),
        ("all at once", {"out of order"}),
    ],
)
def test_a_client_that_breaks_the_rules_is_caught(services: Services, bug: str, names: set[str]) -> None:
    plan = Plan(messages=250, seconds=5.0, device=BadRoad, rules=CLIENT_BUGS[bug], patience=8.0)
    assert names <= wrongs(services, plan)


def test_acknowledging_before_the_commit_is_caught(services: Services) -> None:
    plan = Plan(messages=300, seconds=6.0, faults=("kill web",), patience=8.0)
    assert "lost" in server_bug(services, "ack_before_commit", plan)


def test_acknowledging_before_the_disk_is_caught(services: Services) -> None:
    plan = Plan(messages=300, seconds=6.0, faults=("restart postgres",), patience=8.0)
    assert "lost" in wrongs(services, plan, DB_OPTIONS="-c synchronous_commit=off")


def test_forgetting_the_ids_is_caught(services: Services) -> None:
    plan = Plan(messages=250, seconds=5.0, device=BadRoad, patience=8.0)
    assert "doubled" in server_bug(services, "ids_forgotten", plan)


def test_telling_everybody_is_caught(services: Services) -> None:
    assert "leaked" in server_bug(services, "everybody_told", Plan(messages=100, seconds=3.0))
