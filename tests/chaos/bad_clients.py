"""A road that loses, doubles and swaps, which good clients make up for, and clients that don't."""

from typing import Any

from tests.chaos.player import Device, Frame, Watched
from tests.rules.outbox import Outbox

BAD_LUCK = 0.08  # the share of frames for each misfortune


class BadRoad(Device):
    """A device to which news and answers get lost, come twice, or after the next; and some posts never arrive."""

    _late: Frame | None = None

    def _hear(self, frame: Frame) -> None:
        for arriving in self._misfortune(frame) if frame["type"] in {"message.posted", "ack"} else [frame]:
            super()._hear(arriving)

    def _say(self, commands: list[Frame]) -> None:
        super()._say([one for one in commands if one["type"] != "message.post" or self._dice.random() > BAD_LUCK])

    def _misfortune(self, frame: Frame) -> list[Frame]:
        fate = self._dice.random() / BAD_LUCK
        if fate < 1:
            return []
        if fate < 2:
            return [frame, frame]
        late, self._late = self._late, None
        if fate < 3 and late is None:
            self._late = frame
            return []
        return [frame, late] if late else [frame]


class GapSkipped(Watched):
    """Takes whatever is newer, and never asks for what lies between."""

    def changed(self, rev: int, row: Frame | None) -> list[Frame]:
        """One change arrived live."""
        if rev > self.cursor:
            self.cursor = rev
            self._show([row] if row else [])
        return []


class HintBelieved(Watched):
    """Shows whatever it hears, as it comes."""

    def changed(self, rev: int, row: Frame | None) -> list[Frame]:
        """One change arrived live."""
        self.cursor = rev
        self._show([row] if row else [])
        return []


class Impatient(Outbox):
    """Sends everything at once instead of one after the other."""

    def due(self, now: float) -> list[Frame]:
        """The posts to send now."""
        due = []
        for entry in self.waiting():
            if self._flying.get(entry.client_id, ("", 0.0))[1] <= now:
                self._flying[entry.client_id] = entry.client_id, now + 1.0
                due.append(entry.command)
        return due


CLIENT_BUGS: dict[str, dict[str, Any]] = {
    "gap skipped": {"Stream": GapSkipped},
    "hint treated as truth": {"Stream": HintBelieved},
    "all at once": {"Outbox": Impatient},
}
