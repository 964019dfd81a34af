"""Buckets: a burst, then a steady rate, each key for itself."""

import pytest

from chat.errors import SlowDown
from chat.live import limits
from chat.live.limits import Limit

pytestmark = pytest.mark.unit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    return now


def test_a_burst_then_the_rate(clock: list[float]) -> None:
    limit = Limit(3, 2)

    assert [limit.wait("alice") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("alice") == pytest.approx(0.5)
    clock[0] += 0.5
    assert limit.wait("alice") == 0
    assert limit.wait("alice") > 0


def test_waiting_long_fills_the_bucket_and_no_more(clock: list[float]) -> None:
    limit = Limit(2, 1)
    limit.wait("alice")
    clock[0] += 3600

    assert [bool(limit.wait("alice")) for _ in range(3)] == [False, False, True]


def test_each_key_has_its_own(clock: list[float]) -> None:
    limit = Limit(1, 1)

    assert limit.wait("alice") == limit.wait("bob") == 0
    assert limit.wait("alice") > 0


def test_what_is_refused_is_not_counted(clock: list[float]) -> None:
    limit = Limit(1, 1)
    limit.wait("alice")
    for _ in range(100):
        limit.wait("alice")
    clock[0] += 1

    assert limit.wait("alice") == 0


def test_a_refusal_says_when(clock: list[float]) -> None:
    limit = Limit(1, 0.5)
    limit.check("alice")

    with pytest.raises(SlowDown) as refused:
        limit.check("alice")
    assert 2 <= refused.value.retry_after <= 2.2


def test_strangers_cannot_fill_the_memory(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limit, "KEYS", 100)
    limit = Limit(1, 1)
    for number in range(1000):
        limit.wait(number)

    assert len(limit._buckets) == 100
