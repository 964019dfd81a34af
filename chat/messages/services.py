"""The one way a message is written: socket, HTTP, imports and the demo all come through `post_messages`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from accounts.models import Sender, User
from chat import events
from chat.errors import ChatError, IdReused, NotFound, SignedOut, Unavailable
from chat.events import PostedRow
from chat.messages.presenters import row
from chat.models import Membership, Message, Room
from chat.text import clean_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to say."""

    sender_id: int
    room: str  # public id
    client_id: UUID
    body: str
    epoch: int | None = None  # the sender's access_epoch when their socket opened; None: not asked
    origin: str | None = None  # the connection that hears `ack` in the room's stream
    created_at: datetime | None = None  # imports only


@dataclass(frozen=True, slots=True)
class Posted:
    """A draft that is stored: now, or by an earlier attempt (`repeated`)."""

    post: PostedRow
    repeated: bool = False


Outcome = Posted | ChatError


def post_messages(drafts: list[Draft]) -> list[Outcome]:
    """Stores the drafts in one transaction and announces them once it has committed.

    Returns one outcome for each draft, in their order: `Posted`, or the `ChatError` that refused it. A refused draft
    never fails its neighbours. The same client_id with the same content is answered as the first time, for ever.
    """
    try:
        return _post_together(drafts)
    except IntegrityError:
        return _post_apart(drafts)
    except OperationalError:
        # The lock or statement time ran out, or the database went away, perhaps after it had committed: nobody knows
        # but the next attempt under the same id.
        return [Unavailable() for _ in drafts]


def _post_together(drafts: list[Draft]) -> list[Outcome]:
    with transaction.atomic():
        batch = Batch.locked(drafts)
        outcomes = [batch.judge(draft) for draft in drafts]
        batch.store()
        # Repeats too: the word of the first attempt may have been lost together with its answer. Hubs that heard it
        # ignore it; the sender's answers the sender.
        posted = [outcome.post for outcome in outcomes if isinstance(outcome, Posted)]
        if posted:
            transaction.on_commit(lambda: events.messages_posted(posted), robust=True)
    return outcomes


def _post_apart(drafts: list[Draft]) -> list[Outcome]:
    """One by one, after a constraint refused the batch: only a draft that breaks it by itself is refused.

    What breaks it is a client_id that another process stored in a different room between our look-up and our insert;
    the second attempt finds it.
    """
    outcomes: list[Outcome] = []
    for draft in drafts:
        try:
            outcomes += _post_together([draft])
        except IntegrityError:
            try:
                outcomes += _post_together([draft])
            except IntegrityError:
                outcomes.append(Unavailable())
    return outcomes


@dataclass
class Batch:
    """Drafts under their rooms' locks: everything asked here was true when the lock was taken, and stays so."""

    rooms: dict[str, Room]
    senders: dict[int, Sender]
    members: set[tuple[int, int]]
    known: dict[tuple[UUID, int], PostedRow]
    new: list[Message] = field(default_factory=list)

    @classmethod
    def locked(cls, drafts: list[Draft]) -> Batch:
        """Locks, in this order everywhere: rooms by ascending id, then people by ascending id.

        The questions come in statements of their own after the lock. One statement for all would see a snapshot from
        before the lock was free, and let somebody post who has just been removed.
        """
        sender_ids = {draft.sender_id for draft in drafts}
        rooms = Room.objects.of_any(sender_ids).filter(public_id__in={draft.room for draft in drafts})
        locked = {room.public_id: room for room in rooms.order_by("pk").select_for_update(of=("self",))}
        return cls(
            rooms=locked,
            senders=User.objects.hold(sender_ids),
            members=Membership.objects.pairs({room.pk for room in locked.values()}, sender_ids),
            known=_known(drafts),
        )

    def judge(self, draft: Draft) -> Outcome:
        """Numbers the draft and keeps it for `store`, or says why not."""
        try:
            self._check_sender(draft)
            body = clean_body(draft.body)
            earlier = self.known.get((draft.client_id, draft.sender_id))
            if earlier:
                return self._repeat(earlier, draft, body)
            return Posted(self._accept(draft, self._room_for(draft), body))
        except ChatError as refusal:
            refusal.client_id = str(draft.client_id)
            return refusal

    def store(self) -> None:
        """Writes what was accepted, and the rooms' counters."""
        Message.objects.bulk_create(self.new)
        now = timezone.now()
        for room_id, message in {message.room_id: message for message in self.new}.items():
            Room.objects.filter(pk=room_id).update(
                last_rev=message.rev, last_message_at=message.created_at, changed_at=now
            )

    def _check_sender(self, draft: Draft) -> None:
        sender = self.senders.get(draft.sender_id)
        if sender is None or not sender.is_active or draft.epoch not in {None, sender.access_epoch}:
            raise SignedOut

    def _room_for(self, draft: Draft) -> Room:
        room = self.rooms.get(draft.room)
        if room is None or (room.pk, draft.sender_id) not in self.members:
            raise NotFound
        return room

    def _repeat(self, earlier: PostedRow, draft: Draft, body: str) -> Posted:
        if earlier.room != draft.room or earlier.row["body"] != body:
            raise IdReused
        return Posted(replace(earlier, origin=draft.origin), repeated=True)

    def _accept(self, draft: Draft, room: Room, body: str) -> PostedRow:
        room.last_rev += 1
        message = Message(
            room=room,
            seq=room.last_rev,
            rev=room.last_rev,
            sender_id=draft.sender_id,
            client_id=draft.client_id,
            body=body,
            created_at=draft.created_at or timezone.now(),
        )
        self.new.append(message)
        post = posted_row(message, room.public_id, self.senders[draft.sender_id].public_id, draft.origin)
        self.known[draft.client_id, draft.sender_id] = post
        return post


def _known(drafts: list[Draft]) -> dict[tuple[UUID, int], PostedRow]:
    """What was stored before under the drafts' ids. Found by client_id alone: see the constraint's order."""
    senders = {draft.sender_id for draft in drafts}
    found = Message.objects.filter(client_id__in={draft.client_id for draft in drafts}).select_related("room", "sender")
    return {
        (message.client_id, message.sender_id): posted_row(message, message.room.public_id, message.sender.public_id)
        for message in found
        if message.sender_id in senders
    }


def posted_row(message: Message, room: str, sender: str, origin: str | None = None) -> PostedRow:
    """`message` as it goes to the sockets of `room`, by public ids."""
    shown = row(
        seq=message.seq,
        rev=message.rev,
        sender=sender,
        client_id=message.client_id,
        body=message.body,
        created_at=message.created_at,
    )
    return PostedRow(room_id=message.room_id, room=room, row=shown, origin=origin)
