"""Saying in one room what was said in another."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from chat.attachments.services import copy_file, forget_files
from chat.errors import AttachmentGone, ChatError, MessageGone, NotFound
from chat.live import limits
from chat.messages.drafts import Draft
from chat.messages.services import Posted, post_messages
from chat.models import Attachment, Membership, Message


def forward_message(*, user_id: int, epoch: int | None, room: str, seq: int, to: str, client_id: UUID) -> None:
    """Posts a copy of the message at place `seq` of `room` into the room `to`, as said by this person and forwarded.

    With copies of its files: who may see the one message need not see the other. Nothing tells where it comes from. The
    same client id again is the same message. Raises `NotFound`, `MessageGone`, `AttachmentGone` for files that they may
    not fetch any more, and what posting there is refused with.
    """
    message = _message(user_id, room, seq)
    user = User.objects.get(pk=user_id)
    files = _copies(_files(message, user), user, to)
    draft = Draft(
        sender_id=user_id,
        room=to,
        client_id=client_id,
        body=message.body,
        attachments=tuple(file.public_id for file in files),
        forwarded=True,
        epoch=epoch,
    )
    _post(draft, files)


def _message(user_id: int, room: str, seq: int) -> Message:
    place = Membership.objects.active().filter(user=user_id, room__public_id=room).first()
    if place is None:
        raise NotFound
    texts = Message.objects.visible_to(place).still_said()
    message = texts.filter(seq=seq).first()
    if message is None:
        raise MessageGone
    return message


def _files(message: Message, user: User) -> list[Attachment]:
    """The message's files, in their order, for who may fetch all of them: a copy opens no door that a block shut."""
    files = list(message.attachments.order_by("position"))
    if Attachment.objects.sent_to(user).filter(message=message).count() != len(files):
        raise AttachmentGone("A file of this message can’t be forwarded any more.")
    return files


def _copies(originals: list[Attachment], user: User, room: str) -> list[Attachment]:
    """All of them or none. Each counts as a file sent in, or forwarding and taking back would write without end."""
    copies: list[Attachment] = []
    try:
        for original in originals:
            limits.uploads.check(user.pk)
            copies.append(copy_file(uploader=user, room=room, original=original))
    except BaseException:
        _forget(copies)
        raise
    return copies


def _forget(files: list[Attachment]) -> None:
    with transaction.atomic():
        forget_files(files)


def _post(draft: Draft, files: list[Attachment]) -> None:
    outcome = post_messages([draft])[0]
    if not isinstance(outcome, Posted) or outcome.repeated:  # then nobody needs the copies
        _forget(files)
    if isinstance(outcome, ChatError):
        raise outcome
