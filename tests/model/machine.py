"""The rules by which hypothesis makes the world go wrong. See `world.py` for what each does and what must hold."""

import random
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat.models import Room
from tests.model.people import Person
from tests.model.process import Process
from tests.model.world import MOMENT, OLD, World

DEVICES = st.integers(0, 4)
TWO = st.integers(0, 1)
SEEDS = st.integers(0, 2**32 - 1)


class Protocol(RuleBasedStateMachine):
    """Two people in two rooms, somebody who comes and goes, an outsider, and two processes that may die."""

    cast: dict[str, Person]  # set for each run
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.cast, self.seen)

    def teardown(self) -> None:
        """However it went: once everything has come to rest, everybody sees the truth."""
        try:
            self.world.quiesce()
            self.world.judge.check()
            self.world.judge.check_settled()
            self.world.judge.check_talk()
        finally:
            self.world.close()

    # --- People -----------------------------------------------------------------------------------------------------

    @initialize(
        past=st.integers(0, 20),
        homes=st.lists(TWO, min_size=5, max_size=5),
        floor=st.none() | st.integers(0, 20),
    )
    def begin(self, past: int, homes: list[int], floor: int | None) -> None:
        """Something was said before, and everybody is there; Carol perhaps, who may look back to place `floor`."""
        self.world.talk(past)
        if floor is not None:
            self.world.join(self.world.rooms[0], "carol", min(floor, past + 1))
        for device, home in zip(self.world.devices, homes, strict=True):
            self.world.connect(device, self.world.processes[home])
        self.world.settle()

    @rule(device=DEVICES, process=TWO)
    def connect(self, device: int, process: int) -> None:
        self.world.connect(self.world.devices[device], self.world.processes[process])

    @rule(device=DEVICES, noticed=st.booleans())
    def drop(self, device: int, noticed: bool) -> None:
        self.world.drop(self.world.devices[device], noticed=noticed)

    @rule(device=DEVICES, reading=st.booleans())
    def read(self, device: int, reading: bool) -> None:
        """Somebody's network is stuck for a while: what they are told piles up in the server."""
        link = self.world.devices[device].link
        if link:
            link.read(reading)

    @rule(device=DEVICES, room=TWO, process=TWO, back=st.integers(0, 30))
    def resume(self, device: int, room: int, process: int, back: int) -> None:
        where, who = self.world.rooms[room], self.world.devices[device]
        self.world.resume(who, where, max(0, self.world.truth.pasts[where.public_id].last - back))
        self.world.connect(who, self.world.processes[process])

    @rule(device=DEVICES, room=TWO, count=st.integers(1, 4))
    def write(self, device: int, room: int, count: int) -> None:
        for _ in range(count):
            self.world.write(self.world.devices[device], self.world.rooms[room])

    @rule(room=TWO, change=st.sampled_from(["nothing", "body", "room"]), seed=SEEDS)
    def resend(self, room: int, change: str, seed: int) -> None:
        """What was stored is sent again: the same, or with another text, or to another room."""
        world, (where, other) = self.world, self.world.rooms[:: 1 - 2 * room]
        again = world.stored_by_somebody_here(where, random.Random(seed))
        if not again:
            return
        sender, row = again
        frame = {"client_id": row["client_id"], "room": where.public_id, "body": row["body"]}
        if change == "nothing":
            world.post_raw(sender, frame)
        elif change == "body":
            world.post_raw(sender, {**frame, "body": f"forged {seed}"}, "id_reused")
        else:
            world.post_raw(sender, {**frame, "room": other.public_id}, "id_reused")

    # --- The way there ----------------------------------------------------------------------------------------------

    @rule(seed=SEEDS, steps=st.integers(1, 60))
    def flow(self, seed: int, steps: int) -> None:
        self.world.flow(random.Random(seed), steps)

    @rule()
    def settle(self) -> None:
        self.world.settle()

    @rule(seconds=st.sampled_from([MOMENT, 1.1, 11.0, OLD]))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @precondition(lambda self: any(process.hints for process in self.world.processes))
    @rule(seed=SEEDS, fate=st.sampled_from(["lose", "lose all", "double", "swap", "newest first"]))
    def hint(self, seed: int, fate: str) -> None:
        dice = random.Random(seed)
        process = dice.choice([process for process in self.world.processes if process.hints])
        hints, at = process.hints, dice.randrange(len(process.hints))
        if fate == "lose":
            del hints[at]
        elif fate == "lose all":
            hints.clear()
        elif fate == "double":
            hints.insert(0, hints[at])
        elif fate == "swap":
            dice.shuffle(hints)
        else:
            while hints:
                process.hear(-1)

    @rule(process=TWO, committed=st.booleans())
    def crash(self, process: int, committed: bool) -> None:
        self.world.crash(self.world.processes[process], committed=committed)

    # --- Rooms ------------------------------------------------------------------------------------------------------

    @rule(room=TWO, process=TWO, back=st.integers(0, 5), times=st.integers(1, 3))
    def carol_comes_or_goes(self, room: int, process: int, back: int, times: int) -> None:
        for _ in range(times):
            self._carol_comes_or_goes(self.world.rooms[room], self.world.processes[process], back)

    def _carol_comes_or_goes(self, where: Room, by: Process, back: int) -> None:
        world = self.world
        last = world.truth.pasts[where.public_id].last
        place = world.places.get((world.cast["carol"].user.public_id, where.public_id))
        if place and place.inside:
            world.remove(where, "carol", by)
        else:
            world.join(where, "carol", last + 1 if place else max(0, last + 1 - back), by)

    @rule(room=TWO, seed=SEEDS, count=st.integers(1, 3), by=st.none() | TWO)
    def change(self, room: int, seed: int, count: int, by: int | None) -> None:
        """One message or several; the same one again supersedes a number before anybody heard it."""
        dice, process = random.Random(seed), None if by is None else self.world.processes[by]
        for _ in range(count):
            again = random.Random(seed) if dice.random() < 0.5 else dice
            self.world.change(self.world.rooms[room], again, process)

    @invariant()
    def holds(self) -> None:
        self.world.judge.check()
