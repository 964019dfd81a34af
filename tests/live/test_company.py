"""Who is there: the rules one by one, and then a world of random delays, freezes and losses in which nobody may miss a
row that somebody else kept to themselves.
"""

import heapq
from collections.abc import Callable
from math import inf
from random import Random
from typing import Any

import pytest

from chat.live.company import BEAT_SECONDS, COMPANY_SECONDS, GAP_SECONDS, MISSING_SECONDS, SILENT_SECONDS, Company

pytestmark = pytest.mark.unit


def settled(since: float = 0.0, until: float = 20.0) -> Company:
    """One that has heard its own beats in time, and nobody else's."""
    company = Company()
    moment = since
    while moment <= until:
        company.hear_ourselves(moment, moment)
        moment += BEAT_SECONDS
    return company


def test_the_proof_needs_these_numbers() -> None:
    assert COMPANY_SECONDS - SILENT_SECONDS > GAP_SECONDS > BEAT_SECONDS
    assert SILENT_SECONDS > GAP_SECONDS


def test_a_newcomer_is_deaf_polls_and_publishes() -> None:
    company = Company()
    assert company.deaf(5)
    assert company.must_poll(5, polled=4.9)
    assert not company.quiet(5)


def test_alone_for_long_enough_is_quiet_and_asks_nobody() -> None:
    company = settled()
    assert company.quiet(20)
    assert not company.must_poll(20, polled=SILENT_SECONDS + 0.1)


def test_a_first_echo_is_followed_by_one_more_poll() -> None:
    company = Company()
    company.hear_ourselves(10, 10)
    assert company.must_poll(10.1, polled=10)
    assert company.must_poll(11, polled=10 + SILENT_SECONDS)
    assert not company.must_poll(11, polled=10.1 + SILENT_SECONDS)


def test_company_is_spoken_to_until_it_says_goodbye() -> None:
    company = settled()
    company.hear_beat("other", 20)
    company.part("other")
    assert not company.quiet(20 + COMPANY_SECONDS)  # it came as a surprise: something may be lost yet
    for sent in range(21, 26):
        company.hear_ourselves(sent, sent)
    assert company.quiet(20.1 + COMPANY_SECONDS)


def test_who_falls_silent_counts_for_a_while() -> None:
    company = settled()
    for moment in range(21, 40):
        company.hear_ourselves(moment, moment)
        if moment < 30:
            company.hear_beat("other", moment)
    assert not company.quiet(29 + COMPANY_SECONDS)
    assert company.quiet(39)


def test_who_stops_hearing_itself_is_deaf_and_publishes_again() -> None:
    company = settled()
    assert not company.deaf(20 + SILENT_SECONDS)
    assert company.deaf(20.1 + SILENT_SECONDS)
    assert not company.quiet(20.1 + SILENT_SECONDS)
    assert company.must_poll(24, polled=23.9)


def test_an_old_echo_is_not_hearing() -> None:
    company = settled()
    company.hear_ourselves(21, 30)
    assert company.deaf(30)


def test_a_gap_makes_one_talk_for_a_while() -> None:
    company = settled()
    back = 20.1 + GAP_SECONDS
    for beat in range(int(COMPANY_SECONDS / BEAT_SECONDS) + 1):
        moment = back + beat * BEAT_SECONDS
        company.hear_ourselves(moment, moment)
        assert not company.quiet(moment)
    assert company.quiet(back + COMPANY_SECONDS + 0.1)


def test_a_number_that_is_missing_is_a_doubt_and_one_that_is_late_is_not() -> None:
    company = settled()
    for number in (1, 2, 3):
        company.hear("other", number, 19)
    assert not company.must_poll(20, polled=19)
    company.hear("other", 2, 19.5)
    company.hear("other", 4, 19.5)
    assert not company.must_poll(20, polled=19)
    company.hear("other", 6, 20)
    assert company.must_poll(20, polled=20)
    assert not company.must_poll(20, polled=20.1 + SILENT_SECONDS)


def test_who_is_missing_is_looked_for_a_while() -> None:
    company = settled(until=20 + MISSING_SECONDS)
    company.hear_beat("other", 20)
    assert not company.must_poll(20 + SILENT_SECONDS, polled=24)
    assert company.must_poll(21 + SILENT_SECONDS, polled=24)
    assert not company.must_poll(20 + MISSING_SECONDS, polled=24)


def test_who_comes_back_may_have_spoken_meanwhile() -> None:
    company = settled()
    company.hear_beat("other", 5)
    company.hear_beat("other", 19)
    assert company.must_poll(20, polled=19 + SILENT_SECONDS)
    assert not company.must_poll(20, polled=19.1 + SILENT_SECONDS)


# --- A world --------------------------------------------------------------------------------------------------------


WINDOW = 2.5  # how much further than `known` a poll looks back: here it need only cover a late publication


class World:
    """Processes on one Redis, moment by moment. Redis keeps order for each listener, and loses for who is cut off."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.calm = self.random.choice([1.0, 0.99, 0.9, 0.5])
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = 0
        self.processes: list[Process] = []
        self.rows: list[tuple[float, Process]] = []  # committed: when, and by whom

    def at(self, moment: float, do: Callable[..., None], *args: Any) -> None:
        self._number += 1
        heapq.heappush(self._events, (max(moment, self.now), self._number, do, args))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, do, args = heapq.heappop(self._events)
            do(*args)
        self.now = until

    def delay(self) -> float:
        """Mostly none; sometimes long: at all times, or the play would be one of doubt alone."""
        return 0.001 if self.random.random() < self.calm else self.random.choice([0.1, 0.5, 0.9, 2.0])

    def publish(self, sender: "Process", number: int, kind: str, value: float) -> None:
        if not self.cut_off(sender):
            for listener in self.processes:
                if not self.cut_off(listener):
                    listener.incoming(sender, number, kind, value)

    def cut_off(self, process: "Process") -> bool:
        return any(start <= self.now < end for start, end in process.holes)


class Process:
    """One hub: beats, polls, writes rows. It does nothing while it is frozen; what reaches it then waits."""

    def __init__(self, world: World, name: str, start: float, holes: list[tuple[float, float]]) -> None:
        self.world, self.name, self.holes = world, name, holes
        self.frozen_until = 0.0
        self.company = Company()
        self.polled, self.known = -inf, start
        self.seen: dict[float, float] = {}  # row, by the moment of its commit -> when it was known here
        self.since = start
        self._sent = self._arrived = 0.0
        self._number = 0
        world.at(start, self.begin)

    def begin(self) -> None:
        self.world.processes.append(self)
        self.beat()
        self.world.at(self.world.now + self.world.random.random(), self.poll)

    def thawed(self, again: Callable[..., None], *args: Any) -> bool:
        """Whether the process runs now; if not, what it was about to do is done when it does."""
        if self.world.now < self.frozen_until:
            self.world.at(self.frozen_until, again, *args)
        return self.world.now >= self.frozen_until

    def beat(self) -> None:
        if self.thawed(self.beat):
            now = self.world.now
            self.send("beat", now)
            self.world.at(now + BEAT_SECONDS, self.beat)

    def write(self) -> None:
        if self.thawed(self.write):
            now = self.world.now
            self.world.rows.append((now, self))
            self.seen[now] = now
            if not self.company.quiet(now):
                self.send("row", now)

    def send(self, kind: str, value: float) -> None:
        self._number += 1
        self._sent = max(self._sent, self.world.now + self.world.delay())  # one connection: in order
        self.world.at(self._sent, self.world.publish, self, self._number, kind, value)

    def incoming(self, *message: Any) -> None:
        self._arrived = max(self._arrived, self.world.now + self.world.delay())
        self.world.at(self._arrived, self.hear, *message)

    def hear(self, sender: "Process", number: int, kind: str, value: float) -> None:
        if not self.thawed(self.hear, sender, number, kind, value):
            return
        now = self.world.now
        self.company.hear(sender.name, number, now)
        if kind == "row":
            self.seen.setdefault(value, now)
        elif sender is self:
            self.company.hear_ourselves(value, now)
        else:
            self.company.hear_beat(sender.name, now)

    def poll(self) -> None:
        if not self.thawed(self.poll):
            return
        now = self.world.now
        if self.company.must_poll(now, self.polled):
            for committed, _ in self.world.rows:
                if committed >= self.known - WINDOW:
                    self.seen.setdefault(committed, now)
            self.polled = self.known = now
        else:
            self.known = now - SILENT_SECONDS
        self.world.at(now + 1.0, self.poll)

    def freeze(self, seconds: float) -> None:
        self.frozen_until = self.world.now + seconds


@pytest.mark.parametrize("seed", range(150))
def test_nobody_misses_what_somebody_kept_to_themselves(seed: int) -> None:
    world = World(seed)
    random = world.random
    end = 90.0
    for number in range(3):
        # Holes begin late, so that everybody was heard once (who wasn't is the case the docstring leaves).
        begins = sorted(random.uniform(30, 60) for _ in range(random.randint(0, 2)))
        holes = [(begin, begin + random.uniform(0.2, 12)) for begin in begins]
        process = Process(world, f"process{number}", random.uniform(0, 25) if number else 0.0, holes)
        for _ in range(random.randint(0, 2)):
            world.at(random.uniform(process.since, 60), process.freeze, random.uniform(0.5, 15))
        for moment in (random.uniform(process.since, 75) for _ in range(150)):
            world.at(moment, process.write)
    world.run(end)

    for process in world.processes:
        missed = [(at, by.name) for at, by in world.rows if at >= process.since and at not in process.seen]
        assert missed == []


@pytest.mark.parametrize("rule", ["doubt", "missing", "numbers", "company"])
def test_the_world_catches_a_rule_that_is_left_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The play above is worth something: without any one of the rules, somebody misses a row."""
    if rule == "doubt":
        monkeypatch.setattr(Company, "doubt", lambda self, now: None)
    elif rule == "numbers":
        monkeypatch.setattr(Company, "hear", lambda self, process, number, now: None)
    elif rule == "missing":
        monkeypatch.setattr(Company, "_missing", lambda self, now: False)
    else:
        monkeypatch.setattr(Company, "quiet", lambda self, now: not self.deaf(now))

    with pytest.raises(AssertionError):
        play_them_all()


def play_them_all() -> None:
    for seed in range(150):
        test_nobody_misses_what_somebody_kept_to_themselves(seed)
