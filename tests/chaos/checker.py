"""The promise, as questions to a ledger. Pure: no clock, no network, no database.

Every question returns what is wrong, as sentences under a name; an empty answer keeps the promise.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

from tests.chaos.ledger import Answer, Fault, Ledger, Row, View, Write

Wrongs = Iterator[str]

UNEARNED = {1011, 4400, 4401, 4403, 4429}


@dataclass(frozen=True)
class Limits:
    """Seconds and shares that a run may take. The defaults are the promise."""

    ack_p95: float = 0.25  # outside faults
    patience: float = 60.0  # after a fault's end ...
    on_time: float = 0.99  # ... this share of what was sent is acknowledged
    after_web: float = 5.0  # first acknowledgement of a device whose web process was killed
    after_postgres: float = 10.0  # first acknowledgement after Postgres is back


@dataclass(frozen=True)
class Problem:
    """A broken promise: its name, how often, and the first few cases."""

    name: str
    count: int
    cases: list[str]

    def __str__(self) -> str:
        return f"{self.count} {self.name}: " + "; ".join(self.cases)


def check(ledger: Ledger, limits: Limits | None = None) -> list[Problem]:
    """Everything that is wrong with a run. Empty when the promise was kept."""
    limits = limits or Limits()
    questions: dict[str, Callable[[], Wrongs]] = {
        "lost": lambda: lost(ledger),
        "doubled": lambda: doubled(ledger),
        "out of order": lambda: out_of_order(ledger),
        "leaked": lambda: leaked(ledger),
        "different from the truth": lambda: different(ledger),
        "not as acknowledged": lambda: unaccounted(ledger),
        "waiting at the end": lambda: waiting(ledger),
        "late": lambda: late(ledger, limits),
        "slow": lambda: slow(ledger, limits),
        "sent away": lambda: sent_away(ledger),
        "went wrong": lambda: (f"{fault.kind}: {text}" for fault in ledger.faults for text in fault.problems),
    }
    found = {name: list(question()) for name, question in questions.items()}
    return [Problem(name, len(cases), cases[:3]) for name, cases in found.items() if cases]


# --- What may never happen ------------------------------------------------------------------------------------------


def lost(ledger: Ledger) -> Wrongs:
    """Acknowledged, but not in the database in that place with that text."""
    written = {write.client_id: write for write in ledger.writes}
    stored = {(room, row.seq): row for room, rows in ledger.truth.items() for row in rows}
    for answer in acks(ledger):
        row, write = stored.get((answer.room, answer.seq)), written.get(answer.client_id)
        if row is None or write is None or (row.client_id, row.body) != (answer.client_id, write.body):
            yield f"{answer.client_id}, acknowledged as {answer.room}/{answer.seq}"


def doubled(ledger: Ledger) -> Wrongs:
    """Stored twice, acknowledged in two places, or shown twice on one screen."""
    rows = [(room, row) for room, stored in ledger.truth.items() for row in stored]
    for what in (lambda row: row.client_id, lambda row: row.body):
        yield from (f"stored twice: {key[:40]}" for key in _repeated(what(row) for _, row in rows))
    places = {(answer.client_id, answer.room, answer.seq) for answer in acks(ledger)}
    yield from (f"acknowledged in two places: {key}" for key in _repeated(place[0] for place in places))
    for view in ledger.views:
        for room, shown in view.shown.items():
            yield from (f"{view.device} was shown {room}/{seq} twice" for seq in _repeated(seq for seq, _ in shown))


def out_of_order(ledger: Ledger) -> Wrongs:
    """Shown after a later row, with a hole in the room's numbers, or stored in another order than it was written."""
    for view in ledger.views:
        for room, shown in view.shown.items():
            for (before, _), (after, _) in pairwise(shown):
                if after < before:
                    yield f"{view.device} was shown {room}/{after} after {before}"
    for room, rows in ledger.truth.items():
        if [row.seq for row in rows] != list(range(1, ledger.counters.get(room, 0) + 1)):
            yield f"the numbers of {room} have holes"
    yield from _stored_in_another_order(ledger)


def _stored_in_another_order(ledger: Ledger) -> Wrongs:
    place = {row.body: row.seq for rows in ledger.truth.values() for row in rows}
    last: dict[tuple[str, str], int] = {}
    for write in sorted(ledger.writes, key=lambda write: write.at):
        queue, seq = (write.device, write.room), place.get(write.body)
        if seq is not None and seq < last.get(queue, 0):
            yield f"{write.body[:40]} of {write.device} is stored before what was written earlier"
        last[queue] = max(last.get(queue, 0), seq or 0)


def leaked(ledger: Ledger) -> Wrongs:
    """A device heard of a room that its person isn't in."""
    for view in ledger.views:
        for room in sorted(view.heard_of | view.screen.keys()):
            if view.person not in ledger.rooms.get(room, []):
                yield f"{view.device} heard of {room}"


def different(ledger: Ledger) -> Wrongs:
    """A screen that isn't, at the end, what a fresh page would show."""
    for view in ledger.views:
        for room in (room for room, people in ledger.rooms.items() if view.person in people):
            yield from (f"{view.device} in {room}: {text}" for text in _differences(view, room, ledger.truth[room]))


def _differences(view: View, room: str, truth: list[Row]) -> Wrongs:
    screen = view.screen.get(room, [])
    if view.resets and screen:  # it was too far behind for every change, and began again with the newest page
        truth = [row for row in truth if row.seq >= screen[0].seq]
    if screen == truth:
        return
    missing = [row.seq for row in truth if row not in set(screen)]
    invented = [row.seq for row in screen if row not in set(truth)]
    yield f"lacks {missing[:5]}, shows {invented[:5]} that aren't so, of {len(truth)} rows"


def unaccounted(ledger: Ledger) -> Wrongs:
    """Rows that nobody wrote or that nobody got an answer for; refusals, of which this run gives no reason."""
    written = {(write.client_id, write.sender, write.room, write.body) for write in ledger.writes}
    known = {answer.client_id for answer in acks(ledger)}
    for room, rows in ledger.truth.items():
        for row in rows:
            if (row.client_id, row.sender, room, row.body) not in written:
                yield f"nobody wrote {room}/{row.seq}"
            elif row.client_id not in known:
                yield f"stored, but never acknowledged: {room}/{row.seq}"
    yield from (f"{answer.client_id} refused: {answer.refused}" for answer in ledger.answers if answer.refused)


def waiting(ledger: Ledger) -> Wrongs:
    """Without any answer at the end."""
    answered = {answer.client_id for answer in ledger.answers}
    return (f"{write.body[:40]} of {write.device}" for write in ledger.writes if write.client_id not in answered)


def sent_away(ledger: Ledger) -> Wrongs:
    """Closed with a code that nothing in a run gives a reason for: an error of the server's, or a refusal."""
    for view in ledger.views:
        for code in sorted(view.closes.keys() & UNEARNED):
            yield f"{view.device} {view.closes[code]} times with {code}"


# --- How long it may take -------------------------------------------------------------------------------------------


def late(ledger: Ledger, limits: Limits) -> Wrongs:
    """Too few of the messages that a fault held up were acknowledged in time after its end."""
    times = ack_times(ledger)
    for fault in ledger.faults:
        sent = written_during(ledger, fault)
        good = [write for write in sent if times.get(write.client_id, float("inf")) <= fault.end + limits.patience]
        if len(good) < limits.on_time * len(sent):
            yield f"{fault.kind}: {len(good)} of {len(sent)} within {limits.patience:.0f} s"


def slow(ledger: Ledger, limits: Limits) -> Wrongs:
    """Acknowledgements took too long outside faults, or the first one after a fault did."""
    p95 = percentile(calm_waits(ledger), 95)
    if p95 > limits.ack_p95:
        yield f"p95 of acknowledgements outside faults is {1000 * p95:.0f} ms"
    for fault in ledger.faults:
        bound = {"kill web": limits.after_web, "restart postgres": limits.after_postgres}.get(fault.kind)
        seconds = first_ack_after(ledger, fault)
        if bound is not None and seconds > bound:
            yield f"{fault.kind}: first acknowledgement after {seconds:.1f} s"


def written_during(ledger: Ledger, fault: Fault) -> list[Write]:
    """What was written while the fault lasted."""
    return [write for write in ledger.writes if fault.start <= write.at <= fault.end]


def acks(ledger: Ledger) -> list[Answer]:
    """The answers that acknowledge."""
    return [answer for answer in ledger.answers if not answer.refused]


def ack_times(ledger: Ledger) -> dict[str, float]:
    """When each message was first acknowledged, by client id."""
    times: dict[str, float] = {}
    for answer in acks(ledger):
        times[answer.client_id] = min(answer.at, times.get(answer.client_id, answer.at))
    return times


def recovery(ledger: Ledger, fault: Fault) -> float:
    """Seconds from the fault's end until everything written before it was acknowledged."""
    times = ack_times(ledger)
    begun = [write for write in ledger.writes if fault.start - 10 <= write.at <= fault.end]
    return max([times.get(write.client_id, ledger.ended) - fault.end for write in begun] + [0.0])


def calm_waits(ledger: Ledger) -> list[float]:
    """Seconds from writing to acknowledgement of what was written while nothing was broken or recovering."""
    times = ack_times(ledger)
    return [times[write.client_id] - write.at for write in calm_writes(ledger) if write.client_id in times]


def news(ledger: Ledger, some: list[Write]) -> list[float]:
    """Seconds from writing until each of the room's other devices showed it, of some of the messages."""
    written = {write.client_id: write for write in some}
    writes = {(room, row.seq): written.get(row.client_id) for room, rows in ledger.truth.items() for row in rows}
    waits = []
    for view in ledger.views:
        for room, shown in view.shown.items():
            for seq, at in shown:
                write = writes.get((room, seq))
                if write and write.device != view.device:
                    waits.append(at - write.at)
    return waits


def calm_writes(ledger: Ledger) -> list[Write]:
    """What was written while nothing was broken or recovering."""
    upset = sorted((fault.start, fault.end + recovery(ledger, fault)) for fault in ledger.faults)
    starts = [start for start, _ in upset]

    def calm(write: Write) -> bool:
        before = bisect_right(starts, write.at) - 1
        return before < 0 or write.at > upset[before][1]

    return [write for write in ledger.writes if calm(write)]


def first_ack_after(ledger: Ledger, fault: Fault) -> float:
    """Seconds until those whom the fault cut off had their next acknowledgement: the longest of them.

    After a killed web process it counts from the kill, for the devices it served, and from when they had something to
    say; otherwise from the end of the fault, until anybody's.
    """
    if fault.kind != "kill web":
        return min((answer.at for answer in acks(ledger) if answer.at >= fault.end), default=ledger.ended) - fault.end
    times = ack_times(ledger)
    since: dict[str, float] = {}
    until: dict[str, float] = {}
    for write in ledger.writes:
        device, at = write.device, times.get(write.client_id, ledger.ended)
        if device in fault.cut and at > fault.start:
            since[device] = min(max(fault.start, write.at), since.get(device, ledger.ended))
            until[device] = min(at, until.get(device, ledger.ended))
    return max((until[device] - since[device] for device in since), default=0.0)


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent of the values don't exceed; 0 of none."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else sum(values)


def _repeated(keys: object) -> list:
    return [key for key, times in Counter(keys).items() if times > 1]  # type: ignore[call-overload]
