"""What the runner does around the runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as runner
from bench import cases

pytestmark = pytest.mark.unit

GROUPS = ["max", "latency", "idle", "churn", "stuck", "two", "overload", "embedded"]


def closed(rate: float) -> dict[str, Any]:
    return {
        **dict.fromkeys(["lost", "doubled", "out_of_order", "unknown", "silent", "rows", "acknowledged"], 0),
        "per_second": rate,
        "cpu_us": {"server": 10, "postgres": 20, "redis": 5},
        "foreign_cores": 0.1,
        "noisy": False,
    }


def report() -> dict[str, Any]:
    runs = {"max tutorial": [closed(400)], "max mychat": [closed(9000)]}
    return {"machine": {"machine": "a fine one"}, "rounds": 1, "runs": runs, "failed": []}


def test_every_round_asks_the_tutorial_before_us() -> None:
    assert list(cases.groups(15)) == GROUPS
    assert [case.key for case in cases.chosen(["max", "two"], 15)] == [
        "max tutorial", "max mychat", "two tutorial", "two mychat",
    ]  # fmt: skip


def test_no_run_is_without_an_end() -> None:
    assert all(case.plan["seconds"] <= 240 for case in cases.chosen(GROUPS, 15))


def test_overload_is_twice_the_most_that_was_reached() -> None:
    (deep, overload) = cases.chosen(["overload"], 15)
    runs = {"max mychat": [closed(9000)], "deep mychat": [closed(12_000), closed(11_000)]}

    assert runner.offer(overload, runs).plan["rate"] == 24_000
    assert runner.offer(deep, runs) is deep


def test_a_noisy_run_is_repeated_and_the_quieter_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = iter([0.9, 0.5, 0.1])
    monkeypatch.setattr(runner, "run", lambda sites, case: {"foreign_cores": next(noise)})
    (case, *_) = cases.chosen(["max"], 15)

    assert runner.run_quietly(None, case, patient=True) == {"foreign_cores": 0.5, "noisy": True}
    assert runner.run_quietly(None, case, patient=True) == {"foreign_cores": 0.1, "noisy": False}


def test_doubts_are_named_below_the_table() -> None:
    told = report()
    assert runner.warnings(told) == []

    told["failed"] = ["churn mychat"]
    told["runs"]["max tutorial"] = [{**closed(200), "noisy": True, "late_ms": {"p99": 1.5}}]
    void, failed, noisy, late = runner.warnings(told)
    assert void.startswith("VOID: the tutorial made 200/s")
    assert failed == "Failed: churn mychat."
    assert noisy.endswith("max tutorial.")
    assert late.endswith("max tutorial.")


def test_publishing_replaces_the_figures_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{runner.BEGIN}old figures\n{runner.END}\nAfter\n")
    monkeypatch.setattr(runner, "PAGE", page)
    monkeypatch.setattr(runner, "PICTURE", tmp_path / "picture.png")
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results")

    for _ in range(2):
        runner.publish(report())

    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith(f"{runner.END}\nAfter\n")
    assert "old figures" not in text
    assert text.count("most messages, one process | 400/s | 9,000/s | 22.5") == 1
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "results" / "published.json").read_text()) == report()


def test_the_page_has_the_place_to_publish_to() -> None:
    text = runner.PAGE.read_text()

    assert text.index(runner.BEGIN) < text.index(runner.END)
