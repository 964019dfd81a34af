"""Wanting nothing to do with somebody: blocking a person, closing a conversation. The other one is never told which."""

import logging

from django.db import transaction
from django.db.models import Q

from accounts.models import Block, User
from chat import events
from chat.errors import NotFound
from chat.models import Membership, Room
from chat.people.requests import turn_away
from chat.rooms.announce import announce_memberships
from chat.rooms.changes import advance, lock_rooms
from chat.rooms.posting import renew_posting
from chat.rooms.services import direct_room

log = logging.getLogger(__name__)


def block_person(*, blocker: User, blocked: User, on: bool) -> None:
    """Blocks or unblocks; said again, nothing changes. Under the lock of the room of the two, even where nobody ever
    opened it: whoever opens it at this instant comes wholly before or after. Raises `NotFound` for oneself.
    """
    if blocker == blocked:
        raise NotFound
    with transaction.atomic():
        room = direct_room(blocker, blocked)
        if _record(blocker, blocked, on=on):
            _settle(room, blocker, on=on)
            _tell(blocker, blocked)
    log.info("block user=%s other=%s on=%s", blocker.pk, blocked.pk, on)


def _record(blocker: User, blocked: User, *, on: bool) -> bool:
    if on:
        return Block.objects.get_or_create(blocker=blocker, blocked=blocked)[1]
    return Block.objects.filter(blocker=blocker, blocked=blocked).delete()[0] > 0


def _settle(room: Room, blocker: User, *, on: bool) -> None:
    """A request of who is blocked goes with the block."""
    asked = Membership.objects.of(blocker).filter(room=room, state=Membership.State.REQUEST).first() if on else None
    if asked:
        asked.room, asked.user = room, blocker
        turn_away(asked)
    renew_posting(room)


def _tell(blocker: User, blocked: User) -> None:
    """Their groups look otherwise to who blocks; on the screens of both the other one goes."""
    groups = Membership.objects.in_rooms_of(blocked.pk).filter(user=blocker, room__kind=Room.Kind.GROUP)
    announce_memberships(Q(pk__in=list(groups.values_list("pk", flat=True))))
    transaction.on_commit(lambda: events.blocks_changed(blocker), robust=True)
    for person in (blocker, blocked):
        transaction.on_commit(lambda person=person: events.presence_hidden(person), robust=True)  # type: ignore[misc]


def why_shut(place: Membership) -> str:
    """Why this member takes no messages in the room: "blocked", "closed", "settings", or "" where they do."""
    if place.posting != Membership.Posting.BLOCKING:
        return ""
    if Block.objects.filter(blocker=place.user_id, blocked__in=place.room.pair).exists():
        return "blocked"
    return "closed" if place.is_closed else "settings"


def close_room(*, user: User, room: str, on: bool) -> None:
    """Takes no more messages in this one-to-one room, or takes them again. Raises `NotFound`."""
    with transaction.atomic():
        locked = lock_rooms(Q(public_id=room, kind=Room.Kind.DIRECT))
        mine = Membership.objects.of(user).accepted().filter(room__in=locked).first()
        if mine is None or len(set(locked[0].pair)) < 2:
            raise NotFound
        if mine.is_closed != on:
            mine.is_closed = on
            mine.save(update_fields=["is_closed"])
            advance(Membership.objects.filter(pk=mine.pk))
            renew_posting(locked[0])
            announce_memberships(Q(pk=mine.pk))
            transaction.on_commit(lambda: events.presence_hidden(user), robust=True)
    log.info("room closed room=%s user=%s on=%s", locked[0].pk, user.pk, on)
