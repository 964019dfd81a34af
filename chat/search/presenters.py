"""What was found, as pages and scripts show it."""

from typing import Any

from django.urls import reverse

from chat.messages.presenters import stamp
from chat.models import Membership, Room
from chat.rooms.presenters import title
from chat.search.found import Hit


def permalink(room: Room, seq: int) -> str:
    """The address of a message in its room, with what stands around it."""
    return f"{reverse('chat:room', args=[room.public_id])}?at={seq}"


def line(hit: Hit) -> dict[str, Any]:
    """A hit as the page shows it: its message, the room's title, the address and the pieces to mark."""
    return {
        "message": hit.message,
        "title": title(hit.place),
        "is_group": bool(hit.place.room.name),
        "url": permalink(hit.place.room, hit.message.seq),
        "pieces": hit.text.pieces,
        "files": [file.pieces for file in hit.files],
        "is_mine": hit.message.sender_id == hit.place.user_id,
    }


def row(hit: Hit) -> dict[str, Any]:
    """A hit on the wire: texts as text, in pieces that are to be marked or not."""
    sender = hit.message.sender
    return {
        "room": hit.place.room.public_id,
        "seq": hit.message.seq,
        "title": title(hit.place),
        "sender": sender.name if sender else "",
        "said": stamp(hit.message.created_at),
        "url": permalink(hit.place.room, hit.message.seq),
        "pieces": hit.text.pieces,
    }


def room_line(place: Membership) -> dict[str, Any]:
    """A room that was found by its name."""
    return {"room": place.room, "url": reverse("chat:room", args=[place.room.public_id])}
