"""What people do with messages that are there already, for everybody in the room to see."""

from collections.abc import Collection
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import Q

from chat.attachments.services import forget_files
from chat.errors import (
    EditTooLate,
    EmptyBody,
    MessageGone,
    NotAllowed,
    NotYours,
    TooManyEdits,
    TooManyPins,
    TooManyReactions,
    WaitForAnswer,
)
from chat.messages.drafts import Draft
from chat.messages.emoji import one_emoji
from chat.messages.markup import render
from chat.messages.mentions import mentions_of
from chat.messages.portable import BARRIERS
from chat.models import Membership, Mention, Message, MessageEdit, MessageSearch, Reaction, Room, Star
from chat.rooms.changes import RoomChange, room_change
from chat.text import clean_body

MOST_EDITS = 50  # of one message: each keeps what it said before, and who looks is shown all of it
MOST_EMOJI = 20  # different ones on one message
MOST_PINS = 100  # in one room

Posting = Membership.Posting
# Whoever may not write to the other one may not reach them in other ways either.
SILENT = (Posting.REFUSED, Posting.BLOCKING, Posting.ASKED)


def edit_message(*, user_id: int, room: str, seq: int, body: str) -> None:
    """Says something else in the place of an own message; what it said before is kept.

    The same text again changes nothing. Raises `NotFound`, `MessageGone`, `NotYours`, `EditTooLate`, `TooManyEdits`,
    what stands between this person and a message of theirs, and whatever `clean_body` has against the text.
    """
    text = clean_body(body) if body.strip() else ""
    # Before the room is locked: what somebody made to be slow takes a tenth of a second.
    named = mentions_of(Draft(sender_id=user_id, room=room, client_id=uuid4(), body=text))
    html = render(text, named)
    with room_change(user_id=user_id, room=room) as change:
        message = change.message(seq)
        _check_edit(change, message)
        if not text and not message.attachments.exists():
            raise EmptyBody
        if text != message.body:
            _keep_version(message)
            _name_again(message, set(named.ids))
            message.body, message.html, message.edited_at = text, html, change.now
            change.touch(message, "body", "html", "edited_at")


def _check_edit(change: RoomChange, message: Message) -> None:
    if message.sender_id != change.place.user_id:
        raise NotYours
    minutes = settings.LIVE["EDIT_MINUTES"]
    if minutes >= 0 and change.now > message.created_at + timedelta(minutes=minutes):
        raise EditTooLate(f"Messages can be edited for {minutes} minutes." if minutes else None)
    _check_voice(change.place, BARRIERS.keys())


def _keep_version(message: Message) -> None:
    if message.edits.count() >= MOST_EDITS:
        raise TooManyEdits
    written_at = message.edited_at or message.created_at
    MessageEdit.objects.create(message=message, body=message.body, written_at=written_at)
    MessageSearch.objects.filter(message=message).delete()  # what it says now is found by the job


def _name_again(message: Message, named: set[int | None]) -> None:
    """Who was named and still is keeps their mention."""
    before = {mention.user_id: mention for mention in message.mentions.all()}
    for user_id in before.keys() - named:
        before[user_id].delete()
    Mention.objects.bulk_create(Mention(message=message, user_id=user_id) for user_id in named - before.keys())


def remove_message(*, user_id: int, room: str, seq: int) -> None:
    """Takes a message back for everybody: its author at any time, in groups also those who keep order.

    The row stays as a tombstone; its text, history, files, reactions, mentions and its place in the search are gone.
    Again, it changes nothing. Raises `NotFound`, `MessageGone` or `NotAllowed`.
    """
    with room_change(user_id=user_id, room=room) as change:
        texts = Message.objects.visible_to(change.place).filter(kind=Message.Kind.TEXT)
        message = texts.filter(seq=seq).first()
        if message is None:
            raise MessageGone
        if message.sender_id != user_id and not change.place.moderates:
            raise NotAllowed("Only who wrote a message, or who keeps order here, can remove it.")
        if message.removed_at is None:
            _bury(change, message)


def _bury(change: RoomChange, message: Message) -> None:
    touched = _counts_it(message)
    forget_files(message.attachments.all())
    for what in (MessageEdit, Reaction, Mention, Star, MessageSearch):
        what.objects.filter(message=message).delete()
    message.body = message.html = ""
    message.removed_at, message.removed_by = change.now, change.place.user
    message.edited_at = message.pinned_at = message.reply_to = None
    change.touch(message, "body", "html", "removed_at", "removed_by", "edited_at", "pinned_at", "reply_to")
    change.notify(touched)


def _counts_it(message: Message) -> Q:
    """For whom it is unread, and who has to be told how many are left.

    In a group only those it names: whether something still does, they can't know. The others can count one less, and
    to tell five hundred of them what they know costs half a second.
    """
    unread = Q(read_seq__lt=message.seq) | Q(unread_from_seq__lte=message.seq)
    named = set(message.mentions.values_list("user", flat=True))
    everybody = message.room.kind == Room.Kind.DIRECT or None in named
    inside = Q(room=message.room_id, state__in=Membership.INSIDE)  # who went hears no more of the room
    return inside & unread & (Q() if everybody else Q(user__in=named))


def set_reaction(*, user_id: int, room: str, seq: int, emoji: str, on: bool) -> None:
    """Puts this person's one emoji on a message, in the place of another; or takes it away if it is there.

    Raises `NotFound`, `MessageGone`, `BadEmoji`, `TooManyReactions`, and what stands between them and the other one.
    """
    emoji = one_emoji(emoji)
    with room_change(user_id=user_id, room=room) as change:
        message = change.message(seq)
        _check_voice(change.place, SILENT)
        mine = message.reactions.filter(user=user_id).first()
        if on == (mine is not None and mine.emoji == emoji) or (mine is None and not on):
            return
        if on:
            _check_variety(message, emoji, but=user_id)
        if mine is not None:
            mine.delete()
        if on:
            Reaction.objects.create(message=message, user_id=user_id, emoji=emoji)
        change.touch(message)


def _check_variety(message: Message, emoji: str, *, but: int) -> None:
    others = set(message.reactions.exclude(user=but).values_list("emoji", flat=True).distinct())
    if emoji not in others and len(others) >= MOST_EMOJI:
        raise TooManyReactions


def pin_message(*, user_id: int, room: str, seq: int, on: bool) -> None:
    """Pins a message for everybody in the room, or unpins it: both in a one-to-one room, else those who keep order.

    Raises `NotFound`, `MessageGone`, `NotAllowed`, `TooManyPins`, and what stands between them and the other one.
    """
    with room_change(user_id=user_id, room=room) as change:
        message = change.message(seq)
        if change.room.kind != Room.Kind.DIRECT and not change.place.moderates:
            raise NotAllowed
        _check_voice(change.place, SILENT)
        if change.place.posting == Posting.ASKING:  # each is a line in the room of somebody who agreed to three
            raise WaitForAnswer
        if on == (message.pinned_at is not None):
            return
        if on and change.room.messages.filter(pinned_at__isnull=False).count() >= MOST_PINS:
            raise TooManyPins
        message.pinned_at = change.now if on else None
        change.touch(message, "pinned_at")
        if on:
            change.happened("pinned", seq=message.seq)


def _check_voice(place: Membership, barriers: Collection[str]) -> None:
    if place.posting in barriers:
        raise BARRIERS[place.posting]()
