"""What people do with files before and after they are part of a message."""

import logging
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from chat.attachments.errors import (
    BadVoice,
    DayUsed,
    EmptyFile,
    FilesLater,
    FileTooLarge,
    QuotaUsed,
    TellingPicture,
    TooManyFiles,
)
from chat.attachments.filenames import clean_name, named_after
from chat.attachments.pictures import Picture, remade
from chat.attachments.sniff import HEAD_BYTES, PICTURES, TELLING, as_voice, sniff
from chat.errors import AnswerFirst, ChatError, NotAccepting, NotFound, ReadOnly, YouBlocked
from chat.models import Attachment, Membership, Room

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # of files that were given up: the sweep takes them at once
Kind = Attachment.Kind
Posting = Membership.Posting
WHY_NOT: dict[str, type[ChatError]] = {
    Posting.ASKING: FilesLater,
    Posting.ASKED: AnswerFirst,
    Posting.REFUSED: NotAccepting,
    Posting.BLOCKING: YouBlocked,
    Posting.READING: ReadOnly,
}
COPIED = ("kind", "name", "mime", "width", "height", "seconds", "waveform", "alt")


@dataclass(frozen=True, slots=True)
class Voice:
    """What the browser knows of its recording: how long it is, and how loud along the way (0 to 100)."""

    seconds: float
    waveform: list[int]


def upload_file(*, uploader: User, room: str, file: UploadedFile, voice: Voice | None = None) -> Attachment:
    """Takes a file into the room with this public id, to be sent with a message within a day.

    Pictures are made anew. Raises `NotFound` to who isn't inside, a `MayNotPost` where they may not write or send files
    yet, and for the file itself `FileTooLarge`, `QuotaUsed`, `DayUsed` or a `BadFile`.
    """
    place = _place(uploader, room)
    _check_size(uploader, file.size or 0)
    file.seek(0)
    mime = sniff(file.read(HEAD_BYTES))
    upload = Attachment(room=place, uploader=uploader, kind=Kind.FILE, mime=mime, name=clean_name(file.name or ""))
    if voice:
        return _keep_voice(upload, file, voice)
    if mime in TELLING:
        raise TellingPicture
    return _keep_picture(upload, file) if mime in PICTURES else _keep(upload, file)


def upload_limits() -> dict[str, Any]:
    """What a page may know before it sends anything: `bytes` of a file, `most` files at once, `sentences` by code."""
    limits = settings.ATTACHMENTS
    refusals = (EmptyFile(), FileTooLarge(limits["FILE_BYTES"]), TellingPicture(), TooManyFiles(limits["PER_MESSAGE"]))
    sentences = {refusal.code: refusal.message for refusal in refusals}
    return {"bytes": limits["FILE_BYTES"], "most": limits["PER_MESSAGE"], "sentences": sentences}


def copy_file(*, uploader: User, room: str, original: Attachment) -> Attachment:
    """A copy of a file for the room with this public id, to be sent there by `uploader`: theirs, with their space.

    Whoever asks says that they may see the original. Raises as `upload_file`.
    """
    place = _place(uploader, room)
    copy = Attachment(room=place, uploader=uploader, **{name: getattr(original, name) for name in COPIED})
    with ExitStack() as stack:
        content = stack.enter_context(original.file.open("rb"))
        thumbnail = stack.enter_context(original.thumbnail.open("rb")) if original.thumbnail else None
        return _keep(copy, content, thumbnail)


def describe_upload(*, uploader: User, attachment: str, alt: str) -> Attachment:
    """Says in words what the picture shows, before it is sent. Raises `NotFound` unless it is theirs and unsent."""
    with transaction.atomic():
        upload = _unsent(uploader, attachment)
        upload.alt = alt.strip()
        upload.save(update_fields=["alt"])
    return upload


def remove_upload(*, uploader: User, attachment: str) -> None:
    """Gives up a file that wasn't sent. Raises `NotFound` unless it is theirs and unsent."""
    with transaction.atomic():
        forget_files([_unsent(uploader, attachment)])


def forget_files(attachments: Iterable[Attachment]) -> None:
    """Takes the files from their messages, in the caller's transaction, and deletes them once it has committed.

    Nobody can fetch them from the commit on. If the process is killed before they are deleted, the sweep finds them.
    """
    given_up = Attachment.objects.filter(pk__in=[one.pk for one in attachments])
    ids = list(given_up.values_list("pk", flat=True))
    given_up.update(message=None, created_at=LONG_AGO)
    transaction.on_commit(lambda: sweep_orphans(ids), robust=True)


def sweep_orphans(ids: list[int] | None = None) -> int:
    """Deletes files that nobody can send or see any more, all or those with these ids. Returns how many."""
    orphans = Attachment.objects.orphaned()
    chosen = orphans if ids is None else orphans.filter(pk__in=ids)
    return sum(_erase(one) for one in chosen.iterator())


def _erase(attachment: Attachment) -> bool:
    """The files first: while the row is there, somebody will try again. Not what was sent at the last moment."""
    if not Attachment.objects.orphaned().filter(pk=attachment.pk).update(created_at=LONG_AGO):
        return False
    try:
        for file in (attachment.file, attachment.thumbnail):
            if file:
                file.storage.delete(str(file))
    except Exception:
        log.exception("file not deleted attachment=%s", attachment.pk)
        return False
    attachment.delete()
    return True


def _place(uploader: User, room: str) -> Room:
    """The room, if this person may send files into it now."""
    place = Membership.objects.of(uploader).filter(room__public_id=room).select_related("room").first()
    if place is None:
        raise NotFound
    if place.posting != Posting.FREE:
        raise WHY_NOT[place.posting]
    return place.room


def _unsent(uploader: User, attachment: str) -> Attachment:
    held = Attachment.objects.select_for_update(no_key=True).unsent_by(uploader.pk)
    upload = held.filter(public_id=attachment).first()
    if upload is None:
        raise NotFound
    return upload


def _check_size(uploader: User, size: int) -> None:
    """Raises unless a file of `size` bytes is one we take, and there is room for it."""
    limits = settings.ATTACHMENTS
    if not size:
        raise EmptyFile
    if size > limits["FILE_BYTES"]:
        raise FileTooLarge(limits["FILE_BYTES"])
    theirs = Attachment.objects.filter(uploader=uploader)
    if _bytes(theirs) + size > limits["PERSON_BYTES"]:
        raise QuotaUsed
    if _bytes(theirs.filter(created_at__gt=timezone.now() - DAY)) + size > limits["DAY_BYTES"]:
        raise DayUsed


def _bytes(attachments: QuerySet[Attachment]) -> int:
    return attachments.aggregate(total=Sum("size"))["total"] or 0


def _keep_voice(upload: Attachment, file: UploadedFile, voice: Voice) -> Attachment:
    mime = as_voice(upload.mime)
    if mime is None:
        raise BadVoice
    upload.kind, upload.mime = Kind.VOICE, mime
    upload.seconds, upload.waveform = voice.seconds, voice.waveform
    return _keep(upload, file)


def _keep_picture(upload: Attachment, file: UploadedFile) -> Attachment:
    with ExitStack() as stack:
        picture: Picture = stack.enter_context(remade(stack.enter_context(_on_disk(file))))
        upload.kind, upload.mime, upload.name = Kind.IMAGE, picture.mime, named_after(upload.name, picture.mime)
        upload.width, upload.height, upload.seconds = picture.width, picture.height, picture.seconds
        thumbnail = File(stack.enter_context(picture.thumbnail.open("rb"))) if picture.thumbnail else None
        return _keep(upload, File(stack.enter_context(picture.path.open("rb"))), thumbnail)


def _on_disk(file: UploadedFile) -> BinaryIO:
    """The upload as a file of the system's, from its beginning: small ones are kept in memory."""
    copy = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - the caller closes it
    for part in file.chunks():
        copy.write(part)
    copy.flush()
    return copy


def _keep(upload: Attachment, content: File, thumbnail: File | None = None) -> Attachment:
    """Stores row and files. The row first: a file without one would never be found again."""
    upload.size = content.size + (thumbnail.size if thumbnail else 0)
    upload.file = f"attachments/{secrets.token_hex(16)}"  # tells nothing, also to who sees the disk
    upload.thumbnail = f"{upload.file.name}.small" if thumbnail else ""
    _register(upload)
    try:
        upload.file.storage.save(upload.file.name, content)
        if thumbnail:
            upload.thumbnail.storage.save(upload.thumbnail.name, thumbnail)
    except BaseException:
        forget_files([upload])
        raise
    log.info("file uploaded attachment=%s kind=%s size=%d", upload.pk, upload.kind, upload.size)
    return upload


@transaction.atomic
def _register(upload: Attachment) -> None:
    """Under the lock of the person's row: of two uploads at once, only one gets the last of their space."""
    User.objects.select_for_update(no_key=True).get(pk=upload.uploader_id)
    _check_size(upload.uploader, upload.size)
    upload.save(force_insert=True)
