"""What must hold, at every moment and once everything has come to rest."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.model.process import Link
from tests.rules.stream import Frame

if TYPE_CHECKING:
    from tests.model.world import World


@dataclass
class Expectation:
    """A command that must be refused with this code, if its socket lives to hear the answer."""

    link: Link
    client_id: str
    code: str


class Problems(logging.Handler):
    """What the server logs as errors: nothing in this world may break it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        logging.getLogger("chat").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the line."""
        self.lines.append(record.getMessage())


class Judge:
    """Hears everything the servers say, and compares it with the truth."""

    def __init__(self, world: World, seen: Counter[str]) -> None:
        """`seen` counts what is said, by type, so that a run can tell what it reached."""
        self.world = world
        self.seen = seen
        self.problems = Problems()
        self.forbidden: set[str] = set()  # bodies that must never be stored
        self.expected: list[Expectation] = []
        self._acks: dict[str, tuple[str, int]] = {}  # client_id -> room, seq
        self._unchecked: list[Frame] = []  # acknowledgements just sent

    def close(self) -> None:
        """Listens no more."""
        logging.getLogger("chat").removeHandler(self.problems)

    def hear(self, frame: Frame) -> None:
        """Called for everything a server says, inside its loop, from where the database isn't to be asked."""
        self.seen[frame.get("code", frame["type"])] += 1
        if frame["type"] == "ack":
            self._unchecked.append(frame)

    def believe(self, client_id: str) -> None:
        """The message changed: who sends its id with another text can't be refused any more."""
        self.expected = [due for due in self.expected if due.client_id != client_id or due.code != "id_reused"]

    def check_acks(self) -> None:
        """What is acknowledged is stored, and stays where it is."""
        if self._unchecked:
            self.world.truth.refresh()
        for frame in self._unchecked:
            stored = self.world.truth.by_id.get(frame["client_id"])
            assert stored, "acknowledged, but not stored"
            place = frame["room"], frame["seq"]
            assert self._acks.setdefault(frame["client_id"], place) == place, "one id, two places"
            assert stored["seq"] == frame["seq"], "acknowledged in another place than it has"
        self._unchecked = []

    def check_answers(self) -> None:
        """What had to be refused was refused, to whoever was there to hear it."""
        for due in self.expected:
            codes = {frame.get("code") for frame in due.link.said if frame.get("client_id") == due.client_id}
            if due.link.whole and due.link.process.alive and not due.link.blocked:
                assert due.code in codes, f"never heard {due.code}"
        self.expected = [due for due in self.expected if due.link.blocked]

    def check(self) -> None:
        """What must hold at every moment."""
        self.check_acks()
        truth, places = self.world.truth, self.world.places
        assert not self.problems.lines, f"the server logged {self.problems.lines}"
        assert not self.forbidden & truth.by_body.keys(), "stored what had to be refused"
        for device in self.world.devices:
            for client_id, (room, seq, _) in device.client.acked.items():
                stored = truth.pasts[room].changes.get(seq, {})
                assert stored.get("client_id") == client_id, "acknowledged, but not there"
            for room, stream in device.client.rooms.items():
                lowest = places[device.client.user, room].lowest
                assert all(seq >= lowest for seq in stream.rows), "saw what was before their time"

    def check_settled(self) -> None:
        """What must hold once everything came to rest: all views are the truth, and nothing waits."""
        truth, places = self.world.truth, self.world.places
        truth.check_rows()
        for client in (device.client for device in self.world.devices):
            inside = {room for (user, room), place in places.items() if user == client.user and place.inside}
            assert client.rooms.keys() == inside, "follows other rooms than it is in"
            for room, stream in client.rooms.items():
                truth.check_fresh(stream, places[client.user, room].floor)
            assert not client.outbox.waiting(), "waits for an answer that never comes"
            assert set(client.refused.values()) <= {"not_found"}, "refused what was in order"

    def check_talk(self) -> None:
        """What must hold after everything: the next message reaches everybody it is for, live, and nobody else."""
        world = self.world
        for room in world.rooms:
            client_id = world.write(world.devices[0], room)
            world.settle()
            for device in world.devices:
                place = world.places.get((device.client.user, room.public_id))
                told = [frame for frame in device.link.said if client_id in str(frame)] if device.link else []
                assert bool(told) == bool(place and place.inside), f"{device.client.user} was told {told} as {place}"
        self.check_settled()
