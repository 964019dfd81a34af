"""What the database says, and every version of it that ever was."""

from dataclasses import dataclass, field

from django.db import connection

from chat.messages.presenters import rows as as_rows
from chat.models import Message, Room
from tests.rules.stream import Row, Stream


@dataclass
class Past:
    """A room's changes by `rev`: each committed version of each row."""

    changes: dict[int, Row] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The newest change."""
        return len(self.changes)

    def at(self, rev: int, floor: int = 0) -> list[Row]:
        """The rows from place `floor` on as they were after change `rev`, in order of place."""
        newest = {row["seq"]: row for known, row in sorted(self.changes.items()) if known <= rev}
        return [newest[seq] for seq in sorted(newest) if seq >= floor]


class Truth:
    """The rooms' pasts, read again whenever something may have been committed."""

    def __init__(self, rooms: list[Room]) -> None:
        self.rooms = {room.public_id: room.pk for room in rooms}
        self.pasts = {room.public_id: Past() for room in rooms}
        self.by_id: dict[str, Row] = {}  # client_id -> the row as first stored
        self.by_body: dict[str, str] = {}  # body -> client_id

    def refresh(self) -> None:
        """Takes in what was committed since. The rooms' numbers must have no hole, and nothing may be stored twice."""
        for public_id, last_rev in self._counters():
            past = self.pasts[public_id]
            if last_rev == past.last:
                continue
            for row in as_rows(Message.objects.filter(room=self.rooms[public_id], rev__gt=past.last).order_by("rev")):
                self._add(past, row)
            assert past.last == last_rev, "the room's counter isn't its last change"

    def _counters(self) -> list[tuple[str, int]]:
        """The rooms' counters, without the ORM: this is asked after every step."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT public_id, last_rev FROM chat_room WHERE id IN (%s, %s)", [*self.rooms.values()])
            return cursor.fetchall()

    def check_rows(self) -> None:
        """What is stored now is the newest version of each row, and nothing else."""
        for public_id, past in self.pasts.items():
            assert as_rows(Message.objects.filter(room=self.rooms[public_id]).order_by("seq")) == past.at(past.last)

    def _add(self, past: Past, row: Row) -> None:
        assert row["rev"] == past.last + 1, "a number is missing"
        past.changes[row["rev"]] = row
        if "event" in row:
            return
        if row["seq"] == row["rev"]:
            assert row["client_id"] not in self.by_id, "an id was stored twice"
            assert row["body"] not in self.by_body, "a message was stored twice"
        self.by_id.setdefault(row["client_id"], row)
        self.by_body.setdefault(row["body"], row["client_id"])

    def check_view(self, stream: Stream) -> None:
        """What a client shows is the room as it was at some moment, from the oldest row it holds to its cursor.

        A row that changed after the cursor may be on its way: it comes in its later place.
        """
        view, past = stream.view(), self.pasts[stream.room]
        for row in view:
            assert row == past.changes[row["rev"]], "a row that never was"
        shown = {row["seq"]: row["rev"] for row in view}
        oldest = min(shown, default=stream.cursor + 1)
        latest = {row["seq"]: row["rev"] for row in past.at(past.last)}
        for row in past.at(stream.cursor, floor=oldest):
            told = shown.get(row["seq"], 0) >= row["rev"]
            assert told or latest[row["seq"]] > stream.cursor, f"{row['seq']} skipped: {shown} at {stream.cursor}"

    def check_fresh(self, stream: Stream, floor: int) -> None:
        """What a client shows is what a page loaded now would show, from the oldest row it holds."""
        past = self.pasts[stream.room]
        view = stream.view()
        assert stream.cursor == past.last, "the client never caught up"
        visible = past.at(past.last, floor)
        assert bool(view) == bool(visible), "the client shows nothing"
        assert view == [row for row in visible if row["seq"] >= view[0]["seq"]], "not what a fresh page shows"
