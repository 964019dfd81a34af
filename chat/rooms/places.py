"""What one arranges for oneself in a room: nobody else hears of it, so it takes no number of the room's.

All of one's own devices do, by `membership.changed`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from chat.errors import EmptyBody, TooManyPinned
from chat.models import Membership
from chat.rooms.announce import announce_memberships
from chat.rooms.changes import own_place
from chat.rooms.presenters import FOREVER
from chat.text import clean_body

MOST_PINNED = 5
MUTES = {"1h": timedelta(hours=1), "8h": timedelta(hours=8)}


def arrange_place(
    *,
    user_id: int,
    room: str,
    pinned: bool | None = None,
    archived: bool | None = None,
    muted: str | None = None,
    level: str | None = None,
) -> None:
    """Pins, puts away, mutes ("1h", "8h", "always" or "off") or chooses a level; None leaves a thing as it is.

    What is put away is no longer pinned, and what is pinned is no longer put away. Raises `NotFound`, or
    `TooManyPinned` beyond `MOST_PINNED`.
    """
    with _arranging(user_id=user_id, room=room) as place:
        if pinned is not None:
            _pin(place, pinned)
        if archived is not None:
            _put_away(place, archived)
        if muted is not None:
            place.muted_until = _mute_end(muted)
        if level is not None:
            place.level = level


def save_draft(*, user_id: int, room: str, body: str, reply_to: int | None = None) -> None:
    """Keeps what this person began to write, for all of their devices; the last word wins, an empty one is none.

    Raises `NotFound`, `BodyTooLong` or `BadText`: the limits of a message.
    """
    draft = _draft(body, reply_to)
    with _arranging(user_id=user_id, room=room) as place:
        if _said(draft) != _said(place.draft):
            place.draft = draft


ARRANGED = ("pinned_at", "archived_seq", "muted_until", "level", "draft")


@contextmanager
def _arranging(*, user_id: int, room: str) -> Iterator[Membership]:
    """The person's own membership, locked; what was changed of it is saved, and told to all their devices."""
    with own_place(user_id=user_id, room=room) as place:
        before = _arranged(place)
        yield place
        if _arranged(place) != before:
            place.version += 1
            place.changed_at = timezone.now()
            place.save(update_fields=[*ARRANGED, "version", "changed_at"])
            announce_memberships(Q(pk=place.pk))


def _arranged(place: Membership) -> list[Any]:
    return [getattr(place, column) for column in ARRANGED]


def _pin(place: Membership, pinned: bool) -> None:
    if not pinned:
        place.pinned_at = None
    elif place.pinned_at is None:
        if _pinned_by(place.user_id) >= MOST_PINNED:
            raise TooManyPinned
        place.pinned_at, place.archived_seq = timezone.now(), None


def _pinned_by(user_id: int) -> int:
    """How many this person has pinned. Two devices at the same instant may make it one more; nothing depends on it."""
    return Membership.objects.active().filter(user=user_id, pinned_at__isnull=False).count()


def _put_away(place: Membership, archived: bool) -> None:
    if archived:
        place.archived_seq, place.pinned_at = place.room.last_rev, None
    else:
        place.archived_seq = None


def _mute_end(muted: str) -> Any:
    if muted == "off":
        return None
    return timezone.now() + MUTES[muted] if muted in MUTES else FOREVER


def _draft(body: str, reply_to: int | None) -> dict[str, Any] | None:
    try:
        draft: dict[str, Any] = {"body": clean_body(body), "at": int(timezone.now().timestamp() * 1000)}
    except EmptyBody:
        if reply_to is None:
            return None
        draft = {"body": "", "at": int(timezone.now().timestamp() * 1000)}
    return draft | ({"reply_to": reply_to} if reply_to else {})


def _said(draft: dict[str, Any] | None) -> tuple[Any, Any] | None:
    return (draft["body"], draft.get("reply_to")) if draft else None
