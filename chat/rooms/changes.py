"""How anything shared in a room changes: under the room's lock, with the room's next number, told once committed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from chat import events
from chat.errors import MessageGone, NotFound
from chat.messages.presenters import rows
from chat.models import Membership, Message, Room
from chat.models.rooms import MembershipQuerySet
from chat.rooms.announce import announce_memberships


@dataclass
class RoomChange:
    """One person's change of one room, while the room is locked."""

    room: Room
    place: Membership  # theirs, with `.user`
    now: datetime = field(default_factory=timezone.now)
    _changed: dict[int, None] = field(default_factory=dict)  # ids of messages, in the order of their numbers

    def message(self, seq: int) -> Message:
        """The message at this place. Raises `MessageGone` when it isn't there, isn't theirs to see, or was removed."""
        message = Message.objects.visible_to(self.place).still_said().filter(seq=seq).first()
        if message is None:
            raise MessageGone
        return message

    def touch(self, message: Message, *columns: str) -> None:
        """Saves these columns of the message under the room's next number."""
        message.rev = self._next()
        message.save(update_fields=["rev", *columns])
        self._tell(message)

    def happened(self, what: str, **details: Any) -> Message:
        """Writes down that something happened: a quiet line in the room, said by whoever did it."""
        rev = self._next()
        message = Message.objects.create(
            room=self.room,
            seq=rev,
            rev=rev,
            sender=self.place.user,
            client_id=uuid4(),
            kind=Message.Kind.EVENT,
            event={"what": what, **details},
            created_at=self.now,
        )
        self._tell(message)
        return message

    def notify(self, which: Q) -> None:
        """Tells these members, once committed, how their place in a room stands now. Their versions grow."""
        advance(Membership.objects.filter(which))
        announce_memberships(which)

    def save(self, *columns: str) -> None:
        """Saves these columns of the room; at the end that happens for its counter anyway."""
        self.room.save(update_fields=[*columns])

    def finish(self) -> None:
        """Writes the room's counter and sees to it that everybody hears what changed."""
        if not self._changed:
            return
        self.room.changed_at = self.now
        self.room.save(update_fields=["last_rev", "changed_at"])
        room, changed = self.room, list(self._changed)
        # Read under the lock: these rows are what the numbers say, whatever comes after.
        found = sorted(rows(Message.objects.filter(pk__in=changed)), key=lambda row: row["rev"])
        posts = [events.PostedRow(room_id=room.pk, room=room.public_id, row=row) for row in found]
        transaction.on_commit(lambda: events.messages_posted(posts), robust=True)

    def _next(self) -> int:
        self.room.last_rev += 1
        return self.room.last_rev

    def _tell(self, message: Message) -> None:
        self._changed.pop(message.pk, None)
        self._changed[message.pk] = None


def advance(places: MembershipQuerySet) -> None:
    """Gives each of these memberships the next version: clients ignore what is no newer than what they know."""
    places.update(version=F("version") + 1, changed_at=timezone.now())


@contextmanager
def room_change(*, user_id: int, room: str) -> Iterator[RoomChange]:
    """Around a change of the room with this public id by this person: locks, then looks whether they are inside.

    Raises `NotFound` for who isn't, in the same words as for a room that isn't there. A refusal raised inside undoes
    everything.
    """
    with transaction.atomic():
        locked = lock_rooms(Q(public_id=room))
        mine = Membership.objects.active().filter(user=user_id, room__in=locked)
        place = mine.select_related("user").first()
        if place is None:
            raise NotFound
        place.room = locked[0]
        change = RoomChange(room=locked[0], place=place)
        yield change
        change.finish()


@contextmanager
def own_place(*, user_id: int, room: str) -> Iterator[Membership]:
    """Around what a person changes for themselves in a room: their membership of it, locked, with `.room`.

    What they do on two devices comes one after the other. Raises `NotFound` for who isn't inside.
    """
    with transaction.atomic():
        mine = Membership.objects.active().filter(user=user_id, room__public_id=room)
        place = mine.select_related("room").select_for_update(of=("self",)).first()
        if place is None:
            raise NotFound
        yield place


def lock_rooms(which: Q) -> list[Room]:
    """These rooms, locked until the transaction ends, in the one order that never deadlocks: by ascending id."""
    chosen: Iterable[Room] = Room.objects.filter(which).order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(chosen)
