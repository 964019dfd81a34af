"""The arithmetic between the runs and the table."""

from typing import Any

import pytest

from bench import table

pytestmark = pytest.mark.unit

FINE = {"lost": 0, "doubled": 0, "out_of_order": 0, "unknown": 0, "silent": 0, "rows": 100, "acknowledged": 100}


def closed(rate: float, cpu: float = 100, **more: Any) -> dict[str, Any]:
    return {**FINE, "per_second": rate, "cpu_us": {"server": cpu, "postgres": 20, "redis": 5, "generator": 9}, **more}


def timed(p99: float) -> dict[str, Any]:
    return {**FINE, "peer_ms": {"p99": p99}}


def idle(kib: float, cpu: float) -> dict[str, Any]:
    return {"kib_per_socket": {"rss": kib}, "connect_cpu_us": {"server": cpu}}


def only(runs: table.Runs, start: str) -> table.Line:
    (line,) = [line for line in table.lines(runs) if line.measure.startswith(start)]
    return line


def test_the_median_is_of_the_rounds() -> None:
    runs = {"max tutorial": [closed(100), closed(900), closed(400)]}

    assert table.median_of(runs, "max tutorial", "per_second") == 400
    assert table.median_of(runs, "max tutorial", "cpu_us.postgres") == 20
    with pytest.raises(KeyError):
        table.median_of(runs, "max mychat", "per_second")


@pytest.mark.parametrize(("ours", "met"), [(8000, True), (7999, False)])
def test_the_most_is_met_at_twenty_times(ours: float, met: bool) -> None:
    line = only({"max tutorial": [closed(400)], "max mychat": [closed(ours)]}, "most messages")

    assert (line.tutorial, line.mychat, line.ratio, line.met) == ("400/s", f"{ours:,.0f}/s", "20.0", met)


@pytest.mark.parametrize(("ours", "met"), [(75, True), (76, False)])
def test_cpu_is_that_of_all_three_servers(ours: float, met: bool) -> None:
    line = only({"max tutorial": [closed(400, 1475)], "max mychat": [closed(9000, ours)]}, "CPU per message")

    assert (line.tutorial, line.mychat, line.met) == ("1,500 µs", f"{ours + 25:.0f} µs", met)


@pytest.mark.parametrize(("peer", "ours", "met"), [(64, 8, True), (63, 8, False), (800, 8.1, False)])
def test_latency_has_to_meet_both_goals(peer: float, ours: float, met: bool) -> None:
    runs = {"open500 tutorial-pubsub": [timed(peer)], "open500 mychat": [timed(ours)]}

    assert only(runs, "p99 from sending").met is met


@pytest.mark.parametrize(("calm", "busy", "met"), [(3, 6, True), (3, 6.1, False), (6, 10.1, False)])
def test_latency_may_double_under_load(calm: float, busy: float, met: bool) -> None:
    runs = {"open100 mychat": [timed(calm)], "open1500 mychat": [timed(busy)]}

    assert only(runs, "p99 at 100/s").met is met


def test_memory_and_connects_are_compared() -> None:
    runs = {"idle tutorial": [idle(40, 3000)], "idle mychat": [idle(30, 1801)]}

    assert (only(runs, "memory for each idle").ratio, only(runs, "memory for each idle").met) == ("0.75", True)
    assert (only(runs, "server CPU").ratio, only(runs, "server CPU").met) == ("0.60", False)


def test_overload_has_to_answer_everybody() -> None:
    run = closed(9000, offered=18_000, sent=200, refused={"slow_down": 100}, rss_kib={"before": 0, "peak": 2048})
    line = only({"overload mychat": [run]}, "twice the most")
    assert line.mychat == "50% refused (slow_down), 0 without an answer, 2 MiB more"
    assert line.met

    assert not only({"overload mychat": [{**run, "silent": 1}]}, "twice the most").met
    assert not only({"overload mychat": [{**run, "rss_kib": {"before": 0, "peak": 2**20}}]}, "twice the most").met


@pytest.mark.parametrize("fault", ["lost", "doubled", "out_of_order", "unknown"])
def test_one_message_gone_wrong_in_any_run_is_a_miss(fault: str) -> None:
    runs = {"max mychat": [closed(1), closed(1)], "open100 mychat": [timed(1)]}
    assert only(runs, "lost").met

    runs["open100 mychat"].append({**timed(1), fault: 1})
    assert not only(runs, "lost").met


def test_the_database_has_to_hold_what_was_acknowledged() -> None:
    line = only({"max mychat": [closed(1, rows=99), closed(1, rows=101)]}, "lost")

    assert line.mychat == "0 / 0 / 0; 2"
    assert not line.met


def test_a_slow_tutorial_voids_the_run() -> None:
    assert table.void({"max tutorial": [closed(249)]}).startswith("VOID")
    assert table.void({"max tutorial": [closed(250)]}) == ""
    assert table.void({}) == ""


def test_what_was_not_run_has_no_line() -> None:
    assert table.lines({}) == []
    assert table.markdown([]).count("\n") == 1


def test_the_table_is_markdown() -> None:
    text = table.markdown(table.lines({"max tutorial": [closed(400)], "max mychat": [closed(4000)]}))

    assert {line.count("|") for line in text.splitlines()} == {7}
    assert "**missed**" in text
