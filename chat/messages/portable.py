"""`post_messages` through the ORM, for any database: the readable specification of what the Postgres function does.

Under the rooms' locks everything asked here stays true until the transaction ends. The questions come in statements of
their own after the lock: one statement for all would see a snapshot from before the lock was free, and let somebody
post who has just been removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.utils import timezone

from accounts.models import Sender, User
from chat.errors import Busy, ChatError, IdReused, NotFound, SignedOut
from chat.messages.drafts import Draft, Stored, Verdict
from chat.models import Membership, Message, Room

COARSE = timedelta(seconds=1)

Known = dict[tuple[UUID, int], tuple[str, str, Stored]]  # (client id, sender) -> room, body, where it is


def store(drafts: list[Draft], *, wait: bool) -> list[Verdict]:
    """Stores the drafts, in one transaction, and says of each where it is or why it was refused.

    No two drafts share a client id and a sender. Without `wait`, drafts of a room that is locked are `Busy`. Raises
    `IntegrityError` when another process stored one of the ids in a different room meanwhile.
    """
    with transaction.atomic():
        batch = Batch.locked(drafts, wait=wait)
        verdicts = [batch.judge(draft) for draft in drafts]
        batch.write()
    return verdicts


@dataclass
class Batch:
    """Drafts under their rooms' locks."""

    rooms: dict[str, list[int]]  # public id -> [id, last_rev]
    busy: set[tuple[str, int]]
    senders: dict[int, Sender]
    locked_people: set[int]
    members: set[tuple[int, int]]
    known: Known
    now: datetime = field(default_factory=timezone.now)
    new: list[Message] = field(default_factory=list)

    @classmethod
    def locked(cls, drafts: list[Draft], *, wait: bool) -> Batch:
        """Locks, in this order everywhere: rooms by ascending id, then people by ascending id."""
        sender_ids = {draft.sender_id for draft in drafts}
        wanted = {draft.room for draft in drafts}
        rooms = Room.objects.of_any(sender_ids).filter(public_id__in=wanted).order_by("pk")
        held = rooms.select_for_update(of=("self",), no_key=True, skip_locked=not wait)
        locked = {public_id: [pk, last_rev] for public_id, pk, last_rev in held.values_list(*ROOM)}
        senders = User.objects.hold(sender_ids, wait=wait)
        missing = sender_ids - senders.keys()
        return cls(
            rooms=locked,
            busy=Membership.objects.placed(wanted - locked.keys(), sender_ids),
            senders=senders,
            locked_people=set(User.objects.filter(pk__in=missing).values_list("pk", flat=True)) if missing else set(),
            members=Membership.objects.pairs({pk for pk, _ in locked.values()}, sender_ids),
            known=_known(drafts),
        )

    def judge(self, draft: Draft) -> Verdict:
        """Numbers the draft and keeps it for `write`, or says why not."""
        try:
            sender = self._sender(draft)
            earlier = self.known.get((draft.client_id, draft.sender_id))
            if earlier is not None:
                return _repeat(draft, *earlier)
            return self._number(draft, self._room(draft), sender)
        except ChatError as refusal:
            return refusal

    def write(self) -> None:
        """Inserts what was numbered, and moves the rooms' counters to it."""
        if not self.new:
            return
        Message.objects.bulk_create(self.new)
        newest = Message.objects.filter(room=OuterRef("pk")).order_by("-rev")
        Room.objects.filter(pk__in={message.room_id for message in self.new}).update(
            last_rev=Subquery(newest.values("rev")[:1]),
            last_message_at=Subquery(newest.values("created_at")[:1]),
            # Moved once a second at most: while no indexed column changes, the indexes needn't be touched.
            changed_at=Case(When(changed_at__lt=self.now - COARSE, then=Value(self.now)), default=F("changed_at")),
        )

    def _sender(self, draft: Draft) -> Sender:
        sender = self.senders.get(draft.sender_id)
        if draft.sender_id in self.locked_people:
            raise Busy
        if sender is None or not sender.is_active or draft.epoch not in {None, sender.access_epoch}:
            raise SignedOut
        return sender

    def _room(self, draft: Draft) -> list[int]:
        room = self.rooms.get(draft.room)
        if room is None and (draft.room, draft.sender_id) in self.busy:
            raise Busy
        if room is None or (room[0], draft.sender_id) not in self.members:
            raise NotFound
        return room

    def _number(self, draft: Draft, room: list[int], sender: Sender) -> Stored:
        room[1] += 1
        room_id, rev = room
        created_at = draft.created_at or self.now
        self.new.append(
            Message(
                room_id=room_id,
                seq=rev,
                rev=rev,
                sender_id=draft.sender_id,
                client_id=draft.client_id,
                body=draft.body,
                created_at=created_at,
            )
        )
        return Stored(room_id, rev, rev, sender.public_id, created_at)


ROOM = ("public_id", "pk", "last_rev")
KNOWN = ("room__public_id", "body", "room_id", "seq", "rev", "sender__public_id", "created_at")


def _known(drafts: list[Draft]) -> Known:
    """What was stored before under the drafts' ids. Found by client_id alone: see the constraint's order."""
    found = Message.objects.filter(client_id__in=[draft.client_id for draft in drafts])
    return {
        (client_id, sender_id): (room, body, Stored(*place))
        for client_id, sender_id, room, body, *place in found.values_list("client_id", "sender_id", *KNOWN, Value(True))
    }


def _repeat(draft: Draft, room: str, body: str, stored: Stored) -> Stored:
    if (room, body) != (draft.room, draft.body):
        raise IdReused
    return stored
