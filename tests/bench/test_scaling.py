"""The arithmetic of docs/scaling.md."""

import json
from dataclasses import replace

import pytest

from bench import scaling
from bench.estimate import Assumed, Cost, Crowd, Measured, Site

pytestmark = pytest.mark.unit


@pytest.fixture
def site() -> Site:
    """With what was measured."""
    return Site(Measured(**json.loads(scaling.MEASURED.read_text())), Assumed())


def test_a_cost_is_what_was_measured_at_both_ends() -> None:
    cost = Cost.of(alone=100, many=4, batch=50)
    assert cost.per_message(1) == pytest.approx(100)
    assert cost.per_message(50) == pytest.approx(4)
    assert 4 < cost.per_message(10) < 100


def test_a_crowd_is_busiest_in_the_evening() -> None:
    crowd = Crowd(86_400, replace(Assumed(), messages_a_day=10, peak=3, online=0.5, sockets=2))
    assert crowd.a_second == 30
    assert crowd.sockets == 86_400
    assert crowd.terabytes_a_year(1_000) == pytest.approx(86_400 * 10 * 365 * 1_000 / 1e12)


def test_a_process_is_as_busy_as_planned_at_its_most(site: Site) -> None:
    for count in (1, 4, 32):
        assert site.cores(site.most(count) / count, count) == pytest.approx(site.assumed.busy, rel=1e-6)


def test_more_processes_carry_more_though_all_hear_all(site: Site) -> None:
    totals = [site.most(count) for count in (1, 2, 4, 8, 16, 32, 64)]
    assert totals == sorted(totals)


def test_the_fewest_processes_that_carry_it_are_taken(site: Site) -> None:
    for total in (1_000, 20_000, 40_000):
        count = site.processes_for(total, sockets=0)
        assert count is not None
        assert site.cores(total / count, count) <= site.assumed.busy
        assert count == 1 or site.cores(total / (count - 1), count - 1) > site.assumed.busy
    assert site.processes_for(1e9, sockets=0) is None


@pytest.mark.parametrize(("number", "told"), [(0.04, "0.0"), (7, "7"), (1234, "1,200"), (99_950, "100,000")])
def test_an_estimate_has_two_digits(number: float, told: str) -> None:
    assert scaling.whole(number) == told


def test_the_page_says_what_the_script_says() -> None:
    page = scaling.PAGE.read_text()
    assert scaling.filled(page, scaling.tables()) == page


def test_a_table_without_a_place_is_noticed() -> None:
    with pytest.raises(KeyError):
        scaling.filled("no place\n", {"plan": "| |"})
