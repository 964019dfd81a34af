"""What a client does with what it sends: one post in flight for each room, the rest in order behind it.

The twin of static/js/outbox.js without its storage and its tabs. Pure: time is passed in, entries to send come out.
"""

from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]

ACK_WAIT = 10.0  # seconds without an answer, then the same id is sent again


@dataclass(slots=True)
class Entry:
    """A message on its way."""

    client_id: str
    room: str
    body: str
    code: str | None = None  # why it was refused for good

    @property
    def command(self) -> Frame:
        """The entry as it goes over the wire, the same at every attempt."""
        return {"type": "message.post", "client_id": self.client_id, "room": self.room, "body": self.body}


class Outbox:
    """Everything not yet acknowledged, in the order it was written."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._flying: dict[str, tuple[str, float]] = {}  # room -> the one id that waits for its answer, until when
        self._paused: dict[str, float] = {}  # room -> refused for now, until when

    def add(self, client_id: str, room: str, body: str) -> None:
        """Queues a message."""
        self.entries[client_id] = Entry(client_id, room, body)

    def waiting(self, room: str | None = None) -> list[Entry]:
        """What still goes out by itself; of one room if given."""
        return [entry for entry in self.entries.values() if not entry.code and room in {None, entry.room}]

    def failed(self) -> list[Entry]:
        """What was refused for good."""
        return [entry for entry in self.entries.values() if entry.code]

    def acked(self, client_id: str) -> Entry | None:
        """The server has it. Returns the entry, or None when it was completed before."""
        entry = self.entries.pop(client_id, None)
        self._landed(client_id)
        return entry

    def refused(self, frame: Frame, now: float) -> None:
        """A `nack`: for now (`retry_after`, the room's queue waits) or for good (the rest goes on).

        Signed out is neither: the entry waits for somebody to sign in again.
        """
        entry = self.entries.get(frame.get("client_id", ""))
        if entry is None or frame["code"] == "signed_out":
            return
        if frame.get("retry_after") is None:
            entry.code = frame["code"]
        else:
            self._paused[entry.room] = now + frame["retry_after"]
        self._landed(entry.client_id)

    def dropped(self) -> None:
        """The connection is gone: nothing sent on it will be answered."""
        self._flying.clear()

    def due(self, now: float) -> list[Frame]:
        """The posts to send now, each counted as under way from here."""
        self._flying = {room: flight for room, flight in self._flying.items() if flight[1] > now}
        self._paused = {room: until for room, until in self._paused.items() if until > now}
        heads: dict[str, Entry] = {}
        for entry in self.waiting():
            if entry.room not in self._flying and entry.room not in self._paused:
                heads.setdefault(entry.room, entry)
        self._flying.update((room, (entry.client_id, now + ACK_WAIT)) for room, entry in heads.items())
        return [entry.command for entry in heads.values()]

    def _landed(self, client_id: str) -> None:
        self._flying = {room: flight for room, flight in self._flying.items() if flight[0] != client_id}
