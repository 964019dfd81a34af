"""A member's place in a room, as the wire and the pages show it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from chat.messages.presenters import latest_rows
from chat.models import Membership, Room
from chat.models.rooms import MembershipQuerySet
from chat.people.presenters import person

NOTES = "Notes to self"


def load_memberships(places: MembershipQuerySet) -> list[Membership]:
    """The memberships with all that `membership()` needs, in four queries whatever their number.

    Adds to each: `.others` (memberships of the other people of a direct room) and `.latest` (newest row or None).
    """
    loaded = list(places.select_related("room").with_unread().with_latest())
    others = _others([place for place in loaded if place.room.kind == Room.Kind.DIRECT])
    for place in loaded:
        if place.state != Membership.State.MEMBER:  # who is out hears nothing of what is said since
            place.last_id = place.last_seq = place.last_sender_id = None
            place.unread = 0
    rows = latest_rows({place.last_id for place in loaded if place.last_id})
    for place in loaded:
        place.others = [other for other in others[place.room_id] if other.user_id != place.user_id]
        place.latest = rows.get(place.last_id or 0)
    return loaded


def _others(places: Iterable[Membership]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = defaultdict(list)
    for other in Membership.objects.filter(room__in={place.room_id for place in places}).select_related("user"):
        found[other.room_id].append(other)
    return found


def title(place: Membership) -> str:
    """What this member calls the room: the other person's name."""
    return place.others[0].user.name if place.others else NOTES


def membership(place: Membership) -> dict[str, Any]:
    """A loaded membership as the wire's `membership` (docs/protocol.md)."""
    room = place.room
    return {
        "room": room.public_id,
        "version": place.version,
        "kind": room.kind,
        "state": place.state,
        "title": title(place),
        "people": [person(other.user) for other in place.others],
        "last_rev": room.last_rev,
        "last_seq": place.last_seq or 0,
        "last": place.latest,
        "read_seq": place.read_seq,
        "recv_seq": place.recv_seq,
        "visible_from_seq": place.visible_from_seq,
        "unread": place.unread,
        "receipts": {other.user.public_id: shown_pointers(other) for other in place.others},
    }


def shown_pointers(place: Membership) -> dict[str, int]:
    """What others are told of how far this person got."""
    return {"received": place.recv_seq, "read": place.shown_read_seq}


def receipts(place: Membership) -> dict[str, dict[str, int]]:
    """The shown pointers of the other person of a direct room, by person id."""
    others = Membership.objects.filter(room=place.room_id).exclude(user=place.user_id).select_related("user")
    return {other.user.public_id: shown_pointers(other) for other in others}


@dataclass(frozen=True)
class Conversation:
    """A line of the inbox."""

    membership: dict[str, Any]
    other: User | None
    preview_is_mine: bool
    at: datetime | None
    receipt: str

    @property
    def room(self) -> str:
        return self.membership["room"]

    @property
    def title(self) -> str:
        return self.membership["title"]

    @property
    def unread(self) -> int:
        return self.membership["unread"]

    @property
    def preview(self) -> str:
        """The newest message on one line."""
        last = self.membership["last"]
        return " ".join(last["body"].split())[:160] if last else ""


def conversation(place: Membership) -> Conversation:
    """A loaded membership as a line of the inbox."""
    mine = place.last_sender_id == place.user_id
    return Conversation(
        membership=membership(place),
        other=place.others[0].user if place.others else None,
        preview_is_mine=mine,
        at=place.room.last_message_at,
        receipt=_receipt(place) if mine and place.others else "",
    )


def _receipt(place: Membership) -> str:
    """How far the newest own message got: "sent", "delivered" or "read"."""
    last = place.last_seq or 0
    if all(other.shown_read_seq >= last for other in place.others):
        return "read"
    if all(other.recv_seq >= last for other in place.others):
        return "delivered"
    return "sent"
