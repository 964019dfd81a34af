"""The newest changes of this process's rooms, so that who fell behind a little is told without asking the database."""

from collections import OrderedDict
from dataclasses import dataclass, field

ROWS = 200  # of one room
BYTES = 32 * 1024 * 1024  # of all rooms together: the room that was silent longest goes first
OVERHEAD = 250  # what a row costs besides its text


@dataclass(slots=True)
class Changes:
    """One room's newest changes: all those after `since`, without a hole."""

    since: int
    rows: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # seq -> (rev, row), in order of rev
    size: int = 0

    def add(self, rev: int, seq: int, row: bytes) -> None:
        """A row that changed again is there once, as it is now: what somebody took back is never told from here."""
        self._drop(seq)
        self.rows[seq] = (rev, row)
        self.size += len(row) + OVERHEAD
        if len(self.rows) > ROWS:
            oldest, (self.since, _) = next(iter(self.rows.items()))
            self._drop(oldest)

    def _drop(self, seq: int) -> None:
        old = self.rows.pop(seq, None)
        self.size -= len(old[1]) + OVERHEAD if old else 0


class Recent:
    """Rows by room, in the order of their last change."""

    def __init__(self, limit: int = BYTES) -> None:
        self.size = 0
        self._limit = limit
        self._rooms: OrderedDict[int, Changes] = OrderedDict()

    def add(self, room_id: int, rev: int, seq: int, row: bytes | None) -> None:
        """One change, in its turn. A number without a row begins anew: nobody can be told here what it was."""
        if row is None:
            self.forget(room_id)
            return
        changes = self._rooms.setdefault(room_id, Changes(since=rev - 1))
        self._rooms.move_to_end(room_id)
        self.size -= changes.size
        changes.add(rev, seq, row)
        self.size += changes.size
        while self.size > self._limit:
            self.forget(next(iter(self._rooms)))

    def since(self, room_id: int, rev: int, floor: int) -> list[bytes] | None:
        """The rows from place `floor` on that changed after `rev`, in order; None if not all of them are known here."""
        changes = self._rooms.get(room_id)
        if changes is None or rev < changes.since:
            return None
        newer = []
        for seq, (changed, row) in reversed(changes.rows.items()):
            if changed <= rev:
                break
            if seq >= floor:
                newer.append(row)
        return newer[::-1]

    def forget(self, room_id: int) -> None:
        """The room has no socket here any more, or went on without us."""
        changes = self._rooms.pop(room_id, None)
        self.size -= changes.size if changes else 0
