"""What people do with a group as a whole: found it, and change what it is called, how it looks and its rules."""

import logging
import secrets
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from chat.live import limits
from chat.models import Membership, Room
from chat.rooms.changes import RoomChange, room_change
from chat.rooms.members import add_to
from chat.rooms.posting import renew_posting
from chat.rooms.rights import Right, check

log = logging.getLogger(__name__)

SETTINGS = ("name", "topic", "is_open", "shows_history", "members_invite", "is_announcement")


def create_group(*, owner: User, name: str, people: Iterable[User] = (), **settings: Any) -> Room:
    """A new group with these people in it; `settings`: any of `SETTINGS`, cleaned.

    Raises `CantAdd` for people whom `owner` may not add, `SlowDown` for who opens one room after another.
    """
    _refuse_unknown(settings)
    limits.openings.check(owner.pk)
    with transaction.atomic():
        room = Room.objects.create(kind=Room.Kind.GROUP, name=name, member_count=1, **settings)
        Membership.objects.create(room=room, user=owner, role=Membership.Role.OWNER)
        with room_change(user_id=owner.pk, room=room.public_id) as change:
            change.happened("created", name=name)
            change.notify(Q(pk=change.place.pk))
            add_to(change, list(people))
    log.info("group created room=%s by=%s", room.pk, owner.pk)
    return change.room


def change_group(*, user: User, room: str, **settings: Any) -> Room:
    """Changes any of `SETTINGS` of the group with this public id; what stays as it is makes no line in the room.

    Raises `NotAllowed` (a moderator changes the topic, an owner everything) and `NotFound`.
    """
    _refuse_unknown(settings)
    with room_change(user_id=user.pk, room=room) as change:
        news = {key: value for key, value in settings.items() if getattr(change.room, key) != value}
        check(change.place, Right.TOPIC, *([Right.CHANGE] if news.keys() - {"topic"} else []))
        for key, value in news.items():
            setattr(change.room, key, value)
            _tell(change, key, value)
        if news:
            change.save(*news)
        if "is_announcement" in news:
            renew_posting(change.room)
    log.info("group changed room=%s by=%s what=%s", change.room.pk, user.pk, sorted(news))
    return change.room


def _tell(change: RoomChange, key: str, value: Any) -> None:
    """Writes the quiet line of one changed setting."""
    if key in {"name", "topic"}:
        change.happened({"name": "renamed", "topic": "topic"}[key], **{key: value})
    elif key == "is_open":
        change.happened("opened" if value else "closed")
    else:
        change.happened({"shows_history": "history", "is_announcement": "announcement"}.get(key, "invites"), on=value)


def _refuse_unknown(settings: dict[str, Any]) -> None:
    if unknown := settings.keys() - set(SETTINGS):
        raise TypeError(f"not a setting of a group: {sorted(unknown)}")


def change_picture(*, user: User, room: str, picture: bytes | None) -> None:
    """Makes `picture` (a WebP of ours; None: none) the group's picture and forgets the one before.

    Raises `NotAllowed` and `NotFound`; then the new file is gone again, too.
    """
    storage = Room.avatar.field.storage
    name = storage.save(f"rooms/{secrets.token_hex(16)}.webp", ContentFile(picture)) if picture else ""
    try:
        _swap_picture(user, room, name)
    except BaseException:
        if name:
            storage.delete(name)
        raise


def _swap_picture(user: User, room: str, name: str) -> None:
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.CHANGE)
        old, change.room.avatar.name = change.room.avatar.name, name
        change.save("avatar")
        change.happened("avatar", on=bool(name))
        if old:
            transaction.on_commit(lambda: change.room.avatar.storage.delete(old))
