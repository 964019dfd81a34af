"""A whole client without a network: what it says and holds, given what it hears and what time it is.

Whoever drives it moves the frames: `opened` when a connection stands, `heard` for every frame, `tick` now and then and
after `write`, `dropped` when the connection ends. Each returns the commands to send, in order. `now` is any clock that
only grows, in seconds.
"""

from typing import Any
from uuid import uuid4

from tests.rules.outbox import Outbox
from tests.rules.stream import Frame, Row, Stream

VERSION = 1
CURSORS = 50  # in one hello
READY = 200  # memberships in `ready`: fewer means that these are all
HEARTBEAT = 25.0
PATIENCE = 10.0  # for `ready`, for a `pong`, for the answer to a sync
RECONCILE = 30.0
NEVER = float("inf")


class Client:
    """One device of one person: follows every room that it is told of, and keeps what it sends until the ack."""

    def __init__(self, user: str) -> None:
        """`user` is the person's public id."""
        self.user = user
        self.rooms: dict[str, Stream] = {}
        self.outbox = Outbox()
        self.acked: dict[str, tuple[str, int, int]] = {}  # client_id -> room, seq, rev
        self.refused: dict[str, str] = {}  # client_id -> code of the final refusal
        self.live = False  # greeted: commands may go out
        self.not_before = 0.0  # a `bye` asked not to come back earlier
        self._versions: dict[str, int] = {}  # room -> newest version of one's place in it
        self._expects_by = NEVER  # a sign of life is due
        self._reconcile_at = self._beat_at = NEVER
        self._asked_at: dict[str, tuple[int, float]] = {}  # room -> cursor of the sync under way, and when

    # --- The connection ---------------------------------------------------------------------------------------------

    def opened(self, now: float) -> list[Frame]:
        """A connection stands: greets with the cursors."""
        self._expects_by = now + PATIENCE
        return self.hello()

    def dropped(self, now: float) -> None:
        """The connection is gone, and with it the answers that were due on it."""
        self.live = False
        self._expects_by = self._reconcile_at = self._beat_at = NEVER
        self._asked_at.clear()
        self.outbox.dropped()
        for stream in self.rooms.values():
            stream.forget()

    def dead(self, now: float) -> bool:
        """Whether the connection gave no sign of life in time, so that it must be given up."""
        return now > self._expects_by

    def hello(self) -> list[Frame]:
        """Compares cursors: as many frames as it takes, at least one."""
        cursors = [(room, stream.cursor) for room, stream in self.rooms.items()]
        starts = range(0, max(1, len(cursors)), CURSORS)
        return [{"type": "hello", "v": VERSION, "cursors": dict(cursors[at : at + CURSORS])} for at in starts]

    # --- What one does ----------------------------------------------------------------------------------------------

    def write(self, room: str, body: str, now: float) -> str:
        """Queues a message and returns its client_id. The next `tick` sends it."""
        client_id = str(uuid4())
        self.outbox.add(client_id, room, body)
        return client_id

    def tick(self, now: float) -> list[Frame]:
        """What the clock asks for: posts that are due, reconciling, a heartbeat."""
        if not self.live:
            return []
        commands = self.outbox.due(now)
        if self._gave_up_waiting(now) or now >= self._reconcile_at:
            self._reconcile_at = now + RECONCILE
            commands += self.hello()
        if now >= self._beat_at:
            self._beat_at = now + HEARTBEAT
            self._expects_by = min(self._expects_by, now + PATIENCE)
            commands.append({"type": "ping"})
        return commands

    def _gave_up_waiting(self, now: float) -> bool:
        """Whether a sync's answer doesn't come; it is then no longer waited for."""
        late = [room for room, (_, at) in self._asked_at.items() if now - at >= PATIENCE]
        stuck = False
        for room in late:
            since, _ = self._asked_at.pop(room)
            stream = self.rooms.get(room)
            if stream and stream.asked and stream.cursor == since:
                stream.forget()
                stuck = True
        return stuck

    # --- What one hears ---------------------------------------------------------------------------------------------

    def heard(self, frame: Frame, now: float) -> list[Frame]:
        """Takes a frame. Returns the commands that follow from it at once."""
        if self.live:
            self._expects_by = NEVER  # any frame is a sign of life
        commands = self._take(frame, now)
        for command in commands:
            if command["type"] == "sync":
                self._asked_at[command["room"]] = command["since"], now
        return commands + (self.outbox.due(now) if self.live else [])

    def _take(self, frame: Frame, now: float) -> list[Frame]:
        match frame["type"]:
            case "ready":
                return self._ready(frame, now)
            case "membership.changed":
                return self._placed(frame)
            case "ack":
                return self._ack(frame)
            case "nack":
                self._nack(frame, now)
            case "bye":
                self.not_before = now + frame["retry_after"]
            case "message.posted" | "message.changed" | "room.changed" | "room.advanced" | "synced" | "reset":
                return self._stream(frame)
        return []

    def _ready(self, frame: Frame, now: float) -> list[Frame]:
        self.live = True
        self._expects_by = NEVER
        self._reconcile_at, self._beat_at = now + RECONCILE, now + HEARTBEAT
        places = frame["memberships"]
        if len(places) < READY:
            for room in self.rooms.keys() - {place["room"] for place in places}:
                self._left(room)
        return [command for place in places for command in self._placed(place)]

    def _placed(self, place: Frame) -> list[Frame]:
        """One's place in a room: follows a new one from its beginning, and lets go of what isn't to be seen."""
        room, version = place["room"], place["version"]
        if version < self._versions.get(room, 0):
            return []  # word of an earlier change, overtaken on its way
        self._versions[room] = version
        if place["state"] not in {"member", "request"}:
            self._left(room)
            return []
        if room in self.rooms:
            self.rooms[room].trim(place["visible_from_seq"])
            return []
        self.rooms[room] = Stream(room)
        return self.rooms[room].ask() if place["last_rev"] else []

    def _left(self, room: str) -> None:
        self.rooms.pop(room, None)
        self._asked_at.pop(room, None)

    def _ack(self, frame: Frame) -> list[Frame]:
        """It stands where everybody else hears the message. Without our entry we no longer know the text."""
        room, rev, client_id = frame["room"], frame["rev"], frame["client_id"]
        entry = self.outbox.entries.get(client_id)
        stream = self.rooms.get(room)
        self._stored(client_id, room, frame["seq"], rev)
        if stream is None or (entry is None and rev <= stream.cursor):
            return []
        if "message" in frame:
            return stream.changed(rev, frame["message"])
        if entry is None:
            return stream.ask()
        row = {"seq": frame["seq"], "rev": rev, "sender": self.user, "client_id": client_id, "body": entry.body}
        return stream.changed(rev, {**row, "created": frame["created"]})

    def _nack(self, frame: Frame, now: float) -> None:
        self.outbox.refused(frame, now)
        client_id = frame.get("client_id")
        if client_id in self.outbox.entries and self.outbox.entries[client_id].code:
            self.refused[client_id] = frame["code"]

    def _stream(self, frame: Frame) -> list[Frame]:
        """Rows of one's own are as good as an acknowledgement that got lost."""
        stream = self.rooms.get(frame["room"])
        if stream is None:
            return []
        for row in frame.get("rows") or [frame.get("message")]:
            if row and row["sender"] == self.user and row["client_id"] in self.outbox.entries:
                self._stored(row["client_id"], frame["room"], row["seq"], row["rev"])
        return stream.heard(frame)

    def _stored(self, client_id: str, room: str, seq: int, rev: int) -> None:
        self.outbox.acked(client_id)
        self.acked.setdefault(client_id, (room, seq, rev))

    # --- What one sees ----------------------------------------------------------------------------------------------

    def view(self, room: str) -> list[Row]:
        """The room as it is on the screen, in order; empty for a room one isn't in."""
        stream = self.rooms.get(room)
        return stream.view() if stream else []

    def summary(self) -> dict[str, Any]:
        """Numbers for a report: how far the rooms are, what waits, what was refused."""
        return {
            "cursors": {room: stream.cursor for room, stream in self.rooms.items()},
            "waiting": len(self.outbox.waiting()),
            "acked": len(self.acked),
            "refused": len(self.refused),
        }
