"""The load generator's book-keeping: whatever goes wrong on the way is counted, and counted once."""

import random
from array import array

import pytest

from bench.load.ledger import Ledger, percentiles

pytestmark = pytest.mark.unit

MESSAGES = 400


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(2)
    ledger.begin = 0
    return ledger


def sent(ledger: Ledger, count: int = MESSAGES) -> list[int]:
    return [ledger.send(0, due=number, now=number) for number in range(count)]


def acknowledge_and_deliver(ledger: Ledger, numbers: list[int]) -> None:
    for number in numbers:
        ledger.acknowledge(0, number, now=number + 1)
        ledger.deliver(0, number, now=number + 1)


def fates(ledger: Ledger) -> tuple[int, int, int, int, int]:
    return ledger.lost, ledger.doubled, ledger.out_of_order, ledger.silent, ledger.unknown


def test_what_goes_well_counts_as_nothing(ledger: Ledger) -> None:
    acknowledge_and_deliver(ledger, sent(ledger))

    assert fates(ledger) == (0, 0, 0, 0, 0)
    assert (ledger.sent, ledger.acknowledged, ledger.delivered, ledger.done) == (MESSAGES,) * 4
    assert ledger.settled


@pytest.mark.parametrize("seed", range(5))
def test_every_seeded_fault_is_counted(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)
    numbers = sent(ledger)
    odd = chance.sample(numbers, 40)
    lost, doubled, silent, refused = odd[:10], odd[10:20], odd[20:30], odd[30:]
    for number in numbers:
        if number in refused:
            ledger.refuse(0, number, "slow_down")
        elif number not in silent:
            ledger.acknowledge(0, number, now=1)
        for _ in range(0 if number in lost + silent + refused else 1 + (number in doubled)):
            ledger.deliver(0, number, now=1)
    ledger.deliver(1, 0, now=1)
    ledger.acknowledge(0, MESSAGES, now=1)

    assert fates(ledger) == (10, 10, 0, 10, 2)
    assert ledger.refused == {"slow_down": 10}
    assert not ledger.settled


def test_a_swapped_pair_is_out_of_order_once(ledger: Ledger) -> None:
    acknowledge_and_deliver(ledger, [0, 1, 3, 2, 4] if sent(ledger, 5) else [])

    assert fates(ledger) == (0, 0, 1, 0, 0)


def test_numbers_that_were_refused_leave_no_disorder(ledger: Ledger) -> None:
    sent(ledger, 3)
    ledger.refuse(0, 1, "slow_down")
    acknowledge_and_deliver(ledger, [0, 2])

    assert fates(ledger) == (0, 0, 0, 0, 0)
    assert ledger.settled


def test_a_second_receipt_is_doubled(ledger: Ledger) -> None:
    sent(ledger, 1)
    ledger.acknowledge(0, 0, now=1)
    ledger.acknowledge(0, 0, now=2)

    assert ledger.doubled == 1
    assert list(ledger.receipt_ms) == [1000]


def test_done_needs_the_receipt_and_the_delivery(ledger: Ledger) -> None:
    heard: list[int] = []
    ledger.on_done = heard.append
    sent(ledger, 1)

    ledger.deliver(0, 0, now=1)
    assert heard == []
    ledger.acknowledge(0, 0, now=1)
    assert heard == [0]


def test_time_runs_from_when_a_message_was_due(ledger: Ledger) -> None:
    number = ledger.send(0, due=10.0, now=10.5)
    ledger.deliver(0, number, now=10.75)

    assert list(ledger.peer_ms) == [750]
    assert list(ledger.late_ms) == [500]


def test_what_never_came_is_timed_as_slow_not_left_out(ledger: Ledger) -> None:
    for due in (1.0, 2.0, 3.0):
        ledger.send(0, due=due, now=due)
    ledger.deliver(0, 0, now=1.5)
    ledger.refuse(0, 1, "slow_down")
    ledger.give_up(now=9.0)

    assert list(ledger.peer_ms) == [500, 6000]


def test_only_the_measured_window_is_timed(ledger: Ledger) -> None:
    ledger.begin, ledger.end = 1.0, 2.0
    for due in (0.9, 1.0, 1.9, 2.0):
        ledger.deliver(0, ledger.send(0, due=due, now=due), now=due + 1)

    assert len(ledger.peer_ms) == 2
    assert ledger.delivered == 4


def test_percentiles_are_values_that_occurred() -> None:
    assert percentiles(array("d", range(1, 101))) == {"p50": 50, "p95": 95, "p99": 99, "worst": 100}
    assert percentiles(array("d", [7])) == {"p50": 7, "p95": 7, "p99": 7, "worst": 7}
    assert percentiles(array("d")) == {}
