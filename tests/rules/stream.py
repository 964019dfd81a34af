"""What a room's stream of changes does to one client's rows: "Staying right" in docs/protocol.md, in pure Python.

The twin of static/js/stream.js and of what static/js/room.js does with its answers; `test_stream.py` holds the two to
each other. No network and no clock: frames go in, commands come out.
"""

from typing import Any

Frame = dict[str, Any]
Row = dict[str, Any]

HOLD = 500  # changes that may wait for the one before them


class Stream:
    """One room as its client holds it: the rows by place, without a hole between the oldest of them and the cursor."""

    def __init__(self, room: str, cursor: int = 0, rows: list[Row] | None = None) -> None:
        """`rows` are what the client holds already, complete up to change `cursor`."""
        self.room = room
        self.cursor = cursor
        self.rows: dict[int, Row] = {row["seq"]: row for row in rows or []}
        self.first = min(self.rows, default=cursor + 1 if cursor else 0)  # older places are history's to fetch
        self.held: dict[int, Row | None] = {}
        self.asked = False  # whether a sync is under way

    def heard(self, frame: Frame) -> list[Frame]:
        """Takes a frame about this room. Returns the commands to send; frames of other kinds change nothing."""
        match frame["type"]:
            case "message.posted" | "message.changed" | "room.changed":
                return self.changed(frame["rev"], frame["message"])
            case "room.advanced":
                return self.changed(frame["rev"], None)
            case "synced":
                return self.synced(frame)
            case "reset":
                return self.reset(frame)
        return []

    def changed(self, rev: int, row: Row | None) -> list[Frame]:
        """One change arrived live; `row` is None where this person may not see it."""
        if rev <= self.cursor:
            return []
        if len(self.held) < HOLD or rev == self.cursor + 1:
            self.held[rev] = row
        return self._settle()

    def synced(self, frame: Frame) -> list[Frame]:
        """A page of what was missed. Rows the cursor has passed are old news; only the last page is complete to `upto`.

        Numbers missing inside were superseded, or aren't for this viewer.
        """
        rows = [row for row in frame["rows"] if row["rev"] > self.cursor]
        self._show(rows)
        seen = (rows[-1]["rev"] if rows else 0) if frame["more"] else frame["upto"]
        self.cursor = max(self.cursor, seen)
        self.asked = False
        commands = self._settle()
        return self.ask() if frame["more"] else commands

    def reset(self, frame: Frame) -> list[Frame]:
        """Too much was missed: the newest page instead. Rows after `upto` that are already here stay."""
        self.rows = {seq: row for seq, row in self.rows.items() if seq > frame["upto"]}
        self.first = min((row["seq"] for row in frame["rows"]), default=frame["upto"] + 1)
        self._show(frame["rows"])
        self.cursor = max(self.cursor, frame["upto"])
        self.asked = False
        return self._settle()

    def ask(self) -> list[Frame]:
        """Asks for what comes after the cursor."""
        self.asked = True
        return [{"type": "sync", "room": self.room, "since": self.cursor}]

    def forget(self) -> None:
        """The answer to a sync was lost with its connection, or took too long."""
        self.asked = False

    def trim(self, floor: int) -> None:
        """Lets go of the places before `floor`: they are no longer this member's to see."""
        self.rows = {seq: row for seq, row in self.rows.items() if seq >= floor}

    def view(self) -> list[Row]:
        """What is on the screen, in order."""
        return [self.rows[seq] for seq in sorted(self.rows)]

    def _show(self, rows: list[Row]) -> None:
        self.rows.update((row["seq"], row) for row in rows if row["seq"] >= self.first)

    def _settle(self) -> list[Frame]:
        """Applies held changes as long as each is the next, then asks for what is missing before the rest."""
        while self.cursor + 1 in self.held:
            self.cursor += 1
            row = self.held[self.cursor]
            self._show([row] if row else [])
            del self.held[self.cursor]
        if self.held:
            self.held = {rev: row for rev, row in self.held.items() if rev > self.cursor}
        return self.ask() if self.held and not self.asked else []
