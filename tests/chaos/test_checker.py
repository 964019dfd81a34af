"""Every way to break the promise, as a ledger that the checker has to object to."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.chaos.checker import Limits, check, recovery
from tests.chaos.ledger import Answer, Fault, Ledger, Row, View, Write

pytestmark = pytest.mark.unit

Break = Callable[[Ledger], object]


def honest(messages: int = 40) -> Ledger:
    """Ada and Ben write in turn, a message a second, and hear each other within 10 ms. Eve is in a room of her own."""
    ledger = Ledger(rooms={"duo": ["ada", "ben"], "solo": ["eve"]}, ended=1_000.0)
    ledger.truth, ledger.counters = {"duo": [], "solo": []}, {"duo": messages, "solo": 0}
    for seq in range(1, messages + 1):
        sender, at = ("ada", "ben")[seq % 2], float(seq)
        row = Row(seq, sender, f"id-{seq}", f"text {seq}")
        ledger.writes.append(Write(f"{sender}-0", sender, "duo", row.client_id, row.body, at))
        ledger.answers.append(Answer(f"{sender}-0", row.client_id, at + 0.01, "duo", seq))
        ledger.truth["duo"].append(row)
    for person in ("ada", "ben", "eve"):
        room = "solo" if person == "eve" else "duo"
        shown = [(row.seq, row.seq + 0.01) for row in ledger.truth[room]]
        ledger.views.append(View(f"{person}-0", person, {room: shown}, {room: list(ledger.truth[room])}, {room}))
    return ledger


def found(ledger: Ledger, limits: Limits | None = None) -> set[str]:
    return {problem.name for problem in check(ledger, limits)}


def test_an_honest_run_keeps_the_promise() -> None:
    assert found(honest()) == set()


BREAKS: list[tuple[str, str, Break]] = [
    ("an acknowledged row is gone", "lost", lambda it: it.truth["duo"].pop(7)),
    ("acknowledged with another's place", "lost", lambda it: setattr(it.answers[3], "seq", 5)),
    ("stored with another text", "lost", lambda it: it.truth["duo"].__setitem__(4, Row(5, "ben", "id-5", "else"))),
    ("stored twice", "doubled", lambda it: it.truth["duo"].append(Row(41, "ada", "id-1", "text 1"))),
    ("stored twice under two ids", "doubled", lambda it: it.truth["duo"].append(Row(41, "ada", "new", "text 1"))),
    ("two places for one", "doubled", lambda it: it.answers.append(Answer("ada-0", "id-2", 9.0, "duo", 3))),
    ("shown twice", "doubled", lambda it: it.views[0].shown["duo"].append((40, 50.0))),
    ("shown late", "out of order", lambda it: it.views[0].shown["duo"].insert(9, it.views[0].shown["duo"].pop(3))),
    ("a hole in the numbers", "out of order", lambda it: it.truth["duo"].__delitem__(10)),
    ("sent in another order", "out of order", lambda it: swap_times(it.writes[4], it.writes[6])),
    ("a strange room", "leaked", lambda it: it.views[2].heard_of.add("duo")),
    ("a row missing on a screen", "different from the truth", lambda it: it.views[1].screen["duo"].pop(20)),
    ("two rows swapped", "different from the truth", lambda it: it.views[1].screen["duo"].reverse()),
    ("an empty screen", "different from the truth", lambda it: it.views[1].screen.clear()),
    ("a row nobody wrote", "not as acknowledged", lambda it: it.writes.pop(3)),
    ("stored, not acknowledged", "not as acknowledged", lambda it: it.answers.pop(3)),
    ("refused", "not as acknowledged", lambda it: it.answers.append(refusal(it, "not_found"))),
    ("never answered", "waiting at the end", lambda it: it.writes.append(Write("ada-0", "ada", "duo", "x", "y", 41.0))),
    ("too late after a fault", "late", lambda it: delay(it, range(10, 20), Fault("kill redis", 9.5, 19.5), 70.0)),
    ("slow without a reason", "slow", lambda it: delay(it, range(10, 20), Fault("none", 500.0, 501.0), 0.3)),
    ("slow after a kill", "slow", lambda it: delay(it, range(8, 20), Fault("kill web", 9.5, 9.6, ["ada-0"]), 15.0)),
    ("slow after Postgres", "slow", lambda it: delay(it, range(8, 40), Fault("restart postgres", 8.0, 9.5), 12.0)),
    ("closed by an error", "sent away", lambda it: it.views[0].closes.update({1011: 1})),
    ("a wrong exit code", "went wrong", lambda it: it.faults.append(Fault("deploy", 500.0, 501.0, [], ["ended 1"]))),
]


def swap_times(one: Write, other: Write) -> None:
    one.at, other.at = other.at, one.at


def refusal(ledger: Ledger, code: str) -> Answer:
    ledger.writes.append(Write("ada-0", "ada", "duo", "refused", "no", 41.0))
    return Answer("ada-0", "refused", 41.0, refused=code)


def delay(ledger: Ledger, places: range, fault: Fault, seconds: float) -> None:
    """The messages in these places are acknowledged so much later."""
    ledger.faults.append(fault)
    for place in places:
        ledger.answers[place].at += seconds


@pytest.mark.parametrize(("name", "breaks"), [pytest.param(*case[1:], id=case[0]) for case in BREAKS])
def test_a_broken_promise_is_named(name: str, breaks: Break) -> None:
    ledger = deepcopy(honest())
    breaks(ledger)
    assert name in found(ledger)


def test_what_a_fault_holds_up_is_not_counted_as_slow() -> None:
    ledger = honest()
    delay(ledger, range(10, 12), Fault("freeze postgres", 10.5, 13.0), 4.0)
    assert recovery(ledger, ledger.faults[0]) == pytest.approx(3.01)
    assert found(ledger) == set()


def test_a_device_that_began_again_shows_the_newest_rows_only() -> None:
    ledger = honest()
    view = ledger.views[0]
    view.screen["duo"] = view.screen["duo"][25:]
    assert found(ledger) == {"different from the truth"}
    view.resets = 1
    assert found(ledger) == set()
