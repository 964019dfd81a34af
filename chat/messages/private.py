"""What people do with messages for themselves: the others of the room hear nothing of it."""

from typing import Any

from django.db.models import Q

from chat.errors import MessageGone
from chat.models import HiddenMessage, Membership, Message, Star
from chat.rooms.announce import announce_memberships
from chat.rooms.changes import advance, own_place

MOST_HIDDEN = 1_000  # that a page is told of: in older places nothing changes any more


def star_message(*, user_id: int, room: str, seq: int, on: bool) -> None:
    """Keeps a message among the person's starred ones, or no longer. Raises `NotFound` or `MessageGone`."""
    with own_place(user_id=user_id, room=room) as place:
        message = _message(place, seq, removed_at=None)
        if on:
            changed = Star.objects.get_or_create(user_id=user_id, message=message)[1]
        else:
            changed = bool(Star.objects.filter(user_id=user_id, message=message).delete()[0])
        if changed:
            _announce(place, starred=[[seq, on]])


def hide_message(*, user_id: int, room: str, seq: int) -> None:
    """Takes a message from the person's own sight, on all their devices. Raises `NotFound` or `MessageGone`."""
    with own_place(user_id=user_id, room=room) as place:
        if HiddenMessage.objects.filter(user=user_id, message__room=place.room_id, message__seq=seq).exists():
            return
        message = _message(place, seq)
        HiddenMessage.objects.create(user_id=user_id, message=message)
        Star.objects.filter(user_id=user_id, message=message).delete()
        _announce(place, hidden=[seq])


def mark_unread(*, user_id: int, room: str, seq: int | None = None, on: bool = True) -> None:
    """Lets the room be unread from place `seq` on, or from what was said to this person last; or no longer.

    Reading on doesn't end it, but opening the room anew does: the page says so then. Raises `NotFound`, or
    `MessageGone` for a place that isn't theirs to see and where nobody said anything.
    """
    with own_place(user_id=user_id, room=room) as place:
        first = (seq or _newest_told(place)) if on else None
        if first is not None and not max(place.visible_from_seq, 1) <= first <= place.room.last_rev:
            raise MessageGone
        if place.unread_from_seq != first:
            place.unread_from_seq = first
            place.save(update_fields=["unread_from_seq"])
            _announce(place)


def _newest_told(place: Membership) -> int:
    told = Message.objects.visible_to(place).still_said()
    newest = told.exclude(sender=place.user_id).newest().first()
    return newest.seq if newest else 0


def _message(place: Membership, seq: int, **which: object) -> Message:
    texts = Message.objects.visible_to(place).filter(kind=Message.Kind.TEXT, seq=seq)
    message = texts.filter(**which).first()
    if message is None:
        raise MessageGone
    return message


def _announce(place: Membership, **news: Any) -> None:
    mine = Q(pk=place.pk)
    advance(Membership.objects.filter(mine))
    announce_memberships(mine, **news)


def hidden_places(place: Membership) -> list[int]:
    """Which places of the room this member hid from themselves, the newest first: what changes there isn't shown."""
    mine = HiddenMessage.objects.filter(user=place.user_id, message__room=place.room_id)
    return list(mine.order_by("-message__seq").values_list("message__seq", flat=True)[:MOST_HIDDEN])
