"""`post_messages` through the ORM, for any database: the readable specification of what the Postgres function does.

Under the rooms' locks everything asked here stays true until the transaction ends. The questions come in statements of
their own after the lock: one statement for all would see a snapshot from before the lock was free, and let somebody
post who has just been removed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Max, OuterRef, Subquery, Value, When
from django.utils import timezone

from accounts.models import Sender, User
from chat.attachments.claims import claim
from chat.errors import (
    AnswerFirst,
    AttachmentGone,
    Busy,
    ChatError,
    IdReused,
    MayNotPost,
    MessageGone,
    NotAccepting,
    NotFound,
    ReadOnly,
    SignedOut,
    WaitForAnswer,
    YouBlocked,
)
from chat.messages.drafts import Draft, Stored, Verdict
from chat.models import Attachment, Membership, Mention, Message, Room

COARSE = timedelta(seconds=1)

ASKS = 3  # messages that somebody who waits for an answer may send

# (client id, sender) -> room, body (None: changed since), where it is
Known = dict[tuple[UUID, int], tuple[str, str | None, Stored]]


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
    posting: dict[tuple[int, int], tuple[str, int]]  # (room, person) -> what stands between, first visible place
    known: Known
    now: datetime = field(default_factory=timezone.now)
    new: list[Message] = field(default_factory=list)
    rich: list[tuple[Message, Draft]] = field(default_factory=list)  # with files or mentions
    files: defaultdict[UUID, list[Attachment]] = field(default_factory=lambda: defaultdict(list))

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
            posting=Membership.objects.posting({pk for pk, _ in locked.values()}, sender_ids),
            known=_known(drafts),
        )

    def judge(self, draft: Draft) -> Verdict:
        """Numbers the draft and keeps it for `write`, or says why not."""
        try:
            sender = self._sender(draft)
            earlier = self.known.get((draft.client_id, draft.sender_id))
            if earlier is not None:
                return _repeat(draft, *earlier)
            room = self._room(draft)
            self._check(draft, room[0])
            return self._number(draft, room, sender)
        except ChatError as refusal:
            return refusal

    def write(self) -> None:
        """Inserts what was numbered, and moves the rooms' counters to it."""
        if not self.new:
            return
        Message.objects.bulk_create(self.new)
        for message, draft in self.rich:
            Mention.objects.bulk_create(Mention(message=message, user_id=user_id) for user_id in draft.mentions)
            for position, file in enumerate(self.files[draft.client_id]):
                file.message, file.position = message, position
            Attachment.objects.bulk_update(self.files[draft.client_id], ["message", "position"])
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
        if room is None or (room[0], draft.sender_id) not in self.posting:
            raise NotFound
        return room

    def _check(self, draft: Draft, room_id: int) -> None:
        """Raises what stands between this person and their message."""
        posting, floor = self.posting[room_id, draft.sender_id]
        if posting in BARRIERS:
            raise BARRIERS[posting]()
        if posting == Membership.Posting.ASKING and self._asked(draft, room_id) >= ASKS:
            raise WaitForAnswer
        if draft.reply_to and not self._is_there(room_id, draft.reply_to, floor):
            raise MessageGone("The message you answer isn’t there any more.")
        if draft.attachments:
            self.files[draft.client_id] = self._claim(draft, room_id)

    def _claim(self, draft: Draft, room_id: int) -> list[Attachment]:
        claimed = {file.public_id for files in self.files.values() for file in files}
        if claimed.intersection(draft.attachments):  # by another message of this very batch
            raise AttachmentGone
        return claim(sender_id=draft.sender_id, room_id=room_id, ids=draft.attachments)

    def _asked(self, draft: Draft, room_id: int) -> int:
        others = Membership.objects.filter(room=room_id).exclude(user=draft.sender_id)
        since = others.aggregate(seq=Max("visible_from_seq"))["seq"] or 0  # an earlier request was declined
        mine = Message.objects.filter(room=room_id, sender=draft.sender_id, kind=Message.Kind.TEXT, seq__gte=since)
        return mine.count() + sum((new.room_id, new.sender_id) == (room_id, draft.sender_id) for new in self.new)

    def _is_there(self, room_id: int, seq: int, floor: int) -> bool:
        return seq >= floor and Message.objects.filter(room=room_id, seq=seq, kind=Message.Kind.TEXT).exists()

    def _number(self, draft: Draft, room: list[int], sender: Sender) -> Stored:
        room[1] += 1
        room_id, rev = room
        created_at = draft.created_at or self.now
        message = Message(
            room_id=room_id,
            seq=rev,
            rev=rev,
            sender_id=draft.sender_id,
            client_id=draft.client_id,
            body=draft.body,
            html=draft.html,
            reply_to=draft.reply_to,
            forwarded=draft.forwarded,
            created_at=created_at,
        )
        self.new.append(message)
        if draft.attachments or draft.mentions:
            self.rich.append((message, draft))
        return Stored(room_id, rev, rev, sender.public_id, created_at)


ROOM = ("public_id", "pk", "last_rev")
KNOWN = ("room_id", "seq", "rev", "sender__public_id", "created_at")
CHANGED = ("edited_at", "removed_at")
BARRIERS: dict[str, type[MayNotPost]] = {
    Membership.Posting.REFUSED: NotAccepting,
    Membership.Posting.BLOCKING: YouBlocked,
    Membership.Posting.ASKED: AnswerFirst,
    Membership.Posting.READING: ReadOnly,
}


def _known(drafts: list[Draft]) -> Known:
    """What was stored before under the drafts' ids. Found by client_id alone: see the constraint's order."""
    found = Message.objects.filter(client_id__in=[draft.client_id for draft in drafts])
    columns = ("client_id", "sender_id", "room__public_id", "body", *CHANGED, *KNOWN)
    return {
        (client_id, sender_id): (room, None if edited or removed else body, Stored(*place)._replace(repeated=True))
        for client_id, sender_id, room, body, edited, removed, *place in found.values_list(*columns)
    }


def _repeat(draft: Draft, room: str, body: str | None, stored: Stored) -> Stored:
    """Where it is. Of one that was changed since nobody knows any more what it said: that is believed."""
    if room != draft.room or body not in {None, draft.body}:
        raise IdReused
    return stored
