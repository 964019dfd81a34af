"""The catalogue of what is heard: one function per event. The only module whose callers reach other people's screens.

Each takes what a service has committed and hands the bus plain items: a kind, who it concerns, and the finished frame.
The hub of every process gives them to its own sockets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.live import bus
from chat.live.frames import Frame, encode
from chat.models import Membership


@dataclass(frozen=True, slots=True)
class PostedRow:
    """A committed message on its way to the sockets."""

    room_id: int
    room: str
    row: dict[str, Any]
    origin: str | None = None  # the connection that gets `ack` where all others get `message.posted`
    brief: bool = False  # whether the sender, who is in the room no more, hears only where it is

    @property
    def ack(self) -> Frame:
        """The answer to the sender: with the whole row where it is more than the text they sent."""
        frame = {
            "type": "ack",
            "client_id": self.row["client_id"],
            "room": self.room,
            "seq": self.row["seq"],
            "rev": self.row["rev"],
            "created": self.row["created"],
            "state": "sent",
        }
        return frame if self.brief or len(self.row) == PLAIN else {**frame, "message": self.row}

    @property
    def what(self) -> str:
        """The type of the frame that tells of it."""
        if "event" in self.row:
            return "room.changed"
        return POSTED if self.row["rev"] == self.row["seq"] else "message.changed"


POSTED = "message.posted"
PLAIN = 6  # keys of a row that is nothing but text


def row_frame(what: str, room: str, rev: int, row: bytes) -> bytes:
    """A message that is new or changed, as its room hears it; `row` is encoded already."""
    return b'{"type":"%b","room":"%b","rev":%d,"message":%b}' % (what.encode(), room.encode(), rev, row)


def advanced_frame(room: str, rev: int) -> Frame:
    """A change that this member may not see."""
    return {"type": "room.advanced", "room": room, "rev": rev}


def behind_frame(room: str) -> Frame:
    """Word that there is more: a page without rows, after which a client asks from its own cursor.

    The room's bare number wouldn't do: to whoever lacks only that one it says that they may not see it.
    """
    return {"type": "synced", "room": room, "rows": [], "more": True}


def messages_posted(posted: Iterable[PostedRow]) -> None:
    """Messages that are new or changed, in order of `rev` within each room."""
    bus.publish(row_items(posted))


def row_items(posted: Iterable[PostedRow]) -> list[bus.Item]:
    """The items for messages; the hub makes its own when it fills a hole.

    Encoded here, once for all sockets of all processes. `ack` is for the process that holds the sender's socket, which
    is this one, and doesn't travel.
    """
    return [_row_item(post) for post in posted]


def _row_item(post: PostedRow) -> bus.Item:
    row = post.row
    item: bus.Item = {
        "kind": "row",
        "room_id": post.room_id,
        "room": post.room,
        "rev": row["rev"],
        "seq": row["seq"],
        "sender": row["sender"],
        "row": encode(row),
        "ack": encode(post.ack) if post.origin else None,
        "origin": post.origin,
    }
    if len(row) > PLAIN or row["rev"] != row["seq"]:  # what a new text has none of, costs it nothing
        item["what"] = post.what
        item["quoted"] = quoted(row)
        item["rewritten"] = "edited" in row or "removed" in row
        item["gone"] = gone(row)
    return item


def gone(row: dict[str, Any]) -> list[str]:
    """Whom the row says to be out of the room from here on, by public id."""
    event = row.get("event", {})
    if event.get("what") == "left":
        return [row["sender"]]
    return event["people"] if event.get("what") == "removed" else []


def quoted(row: dict[str, Any]) -> list[Any] | None:
    """The place and the sender of the message that the row quotes."""
    return [row["reply"]["seq"], row["reply"]["sender"]] if "reply" in row else None


def blocks_changed(user: User) -> None:
    """Somebody blocked or unblocked somebody: from now on their own sockets hide what those say in groups."""
    bus.publish([{"kind": "blocks", "user_id": user.pk, "blocks": list(user.blocks.blocked_ids())}])


def memberships_changed(changed: Iterable[tuple[Membership, Frame]]) -> None:
    """What belongs to one member of a room and nobody else: goes to that member's sockets, whole."""
    bus.publish([membership_item(place, frame) for place, frame in changed])


def membership_item(place: Membership, frame: Frame) -> dict[str, Any]:
    """The item for one membership; the hub makes its own when it finds a change by polling."""
    return {
        "kind": "membership",
        "user_id": place.user_id,
        "room_id": place.room_id,
        "membership_id": place.pk,
        "version": place.version,
        "inside": place.is_inside,
        "floor": place.visible_from_seq,
        "rev": place.room.last_rev,
        "frame": {"type": "membership.changed", **frame},
    }


def progress_recorded(places: Iterable[Membership]) -> None:
    """People received or read further: the others in the room see ticks."""
    bus.publish([receipts_item(place) for place in places])


def receipts_item(place: Membership) -> dict[str, Any]:
    """The item for one member's shown pointers."""
    return {
        "kind": "receipts",
        "room_id": place.room_id,
        "membership_id": place.pk,
        "version": place.version,
        "user_id": place.user_id,
        "frame": {
            "type": "receipts.changed",
            "room": place.room.public_id,
            "user": place.user.public_id,
            "received": place.recv_seq,
            "read": place.shown_read_seq,
        },
    }


def typing_started(*, room_id: int, room: str, user_id: int, user: str, deaf: Iterable[int] = ()) -> None:
    """Somebody is writing; never stored. The people in `deaf` don't hear it."""
    frame = {"type": "typing.started", "room": room, "user": user}
    bus.publish([{"kind": "typing", "room_id": room_id, "user_id": user_id, "deaf": list(deaf), "frame": frame}])


def presence_changed(*, user_id: int, user: str, online: bool) -> None:
    """Somebody came or went; each hub asks once more who of its watchers may know."""
    frame = {"type": "presence.changed", "user": user, "state": "online" if online else "offline"}
    bus.publish([{"kind": "presence", "user_id": user_id, "frame": frame}])


def presence_hidden(user: User) -> None:
    """Somebody chose anew who sees them, or was deactivated: whoever may not see them now sees them go."""
    frame = {"type": "presence.changed", "user": user.public_id, "state": "offline"}
    bus.publish([{"kind": "hidden", "user_id": user.pk, "frame": frame}])


def on_privacy_changed(*, user: User, **signal: object) -> None:
    """Hears `accounts.signals.privacy_changed`."""
    presence_hidden(user)


def presence_withheld(user: User) -> None:
    """Somebody chose to be seen by nobody: on their own screens everybody else goes."""
    bus.publish([{"kind": "blind", "user_id": user.pk}])


def notice_posted(user_id: int | None, notice: Frame) -> None:
    """The site tells one person something, or everybody who is connected (None)."""
    frame = {"type": "notice.posted", **notice}
    bus.publish([{"kind": "notice", "user_id": user_id or 0, "frame": frame}])  # nobody has the number 0


def access_revoked(user: User, reason: str, session_key: str | None = None) -> None:
    """A person's access ended: their sockets close now, all of them or those of one session."""
    bus.publish([{"kind": "revoked", "user_id": user.pk, "reason": reason, "session_key": session_key}])


def on_access_changed(*, user: User, reason: str, session_key: str | None = None, **signal: object) -> None:
    """Hears `accounts.signals.access_changed`."""
    access_revoked(user, reason, session_key)
