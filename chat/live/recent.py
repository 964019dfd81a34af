"""The newest changes of this process's rooms, so that who fell behind a little is told without asking the database."""

from collections import OrderedDict
from dataclasses import dataclass, field

ROWS = 200  # of one room
BYTES = 32 * 1024 * 1024  # of all rooms together: the room that was silent longest goes first
OVERHEAD = 250  # what a row costs besides its text


@dataclass(slots=True)
class Changes:
    """One room's newest changes: all those after `since`, up to and with `upto`."""

    since: int
    upto: int
    rows: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # seq -> (rev, row), in order of rev
    size: int = 0

    def add(self, rev: int, seq: int, row: bytes) -> None:
        """A row that changed again is there once, as it is now: what somebody took back is never told from here."""
        self._drop(seq)
        self.rows[seq] = (rev, row)
        self.upto = rev
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
        """One change. One that isn't the next begins anew, and so does what follows a number without a row."""
        known = self._rooms.get(room_id)
        if row is None or (known and known.upto != rev - 1):
            self.forget(room_id)
        if row is None:
            return
        changes = self._rooms.setdefault(room_id, Changes(since=rev - 1, upto=rev - 1))
        self._rooms.move_to_end(room_id)
        self.size -= changes.size
        changes.add(rev, seq, row)
        self.size += changes.size
        while self.size > self._limit:
            self.forget(next(iter(self._rooms)))

    def since(self, room_id: int, rev: int, floor: int, upto: int) -> list[bytes] | None:
        """The rows from place `floor` on that changed after `rev` and up to `upto`, in order.

        None if not all of them are known here: the room may have been left and joined again since.
        """
        changes = self._rooms.get(room_id)
        if changes is None or rev < changes.since or upto != changes.upto:
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
