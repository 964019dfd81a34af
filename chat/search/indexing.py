"""Keeping the words of messages where they are searched: what the job of `tasks.py` does every few seconds.

Nothing here is in the way of sending. What isn't indexed yet is found all the same: see `services.py`.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from chat.models import Message, MessageSearch, SearchProgress
from chat.models.messages import MessageQuerySet
from chat.search.words import fold

BATCH = 1_000
BATCH_SQLITE = 200  # whose one writer keeps posts waiting meanwhile
SETTLED_AFTER = timedelta(seconds=60)  # no message or edit takes longer from its number or time to its commit
LONGEST_REST = 1.0
LINK = "<a href"


def words_of(message: Message) -> str:
    """What this message is found by: its text, and the names and descriptions of its files, each on a line.

    A link that was written without "http://" has it here, so that what has a link can be found by its words.
    """
    texts = [message.body, "http://" if LINK in message.html else ""]
    for attachment in message.attachments.all():
        texts += [attachment.name, attachment.alt]
    return "\n".join(filter(None, map(fold, texts)))


def unindexed() -> MessageQuerySet:
    """Messages whose words aren't where they are searched yet."""
    there = MessageSearch.objects.filter(pk=OuterRef("pk"))
    return Message.objects.filter(~Exists(there), kind=Message.Kind.TEXT, removed_at=None)


def bring_up_to_date(*, seconds: float) -> int:
    """Indexes what is new, and again what was edited, for about so many seconds. Returns how many messages it wrote.

    Rests for as long as it works, so that a long backlog takes half of a database's time at most. Several processes
    may do this at once: a batch is one transaction that holds the row of the progress, and who doesn't get it ends.
    """
    written, since = renew_changed(), None
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        count, since = index_batch(since)
        written += count
        took = time.monotonic() - began
        if since is None or began + 2 * took > deadline:
            return written
        time.sleep(min(took, LONGEST_REST))


def index_batch(since: int | None = None) -> tuple[int, int | None]:
    """Indexes the oldest messages that aren't, after number `since` or where all are done.

    Returns how many it wrote and the last one's number; None when there are no more, or somebody else is at it.
    """
    size = BATCH if connection.vendor == "postgresql" else BATCH_SQLITE
    with transaction.atomic():
        progress = _hold()
        if progress is None:
            return 0, None
        _settle(progress)
        after = progress.done if since is None else since
        found = list(unindexed().filter(pk__gt=after).order_by("pk").prefetch_related("attachments")[:size])
        _write(found)
        last = found[-1].pk if len(found) == size else None
        done = progress.settled if last is None else min(last, progress.settled)
        if done != progress.done:
            progress.done = done
            progress.save(update_fields=["done"])
    return len(found), last


def _hold() -> SearchProgress | None:
    """The progress, locked until the transaction ends; None if another process holds it."""
    SearchProgress.objects.get_or_create(pk=1)
    return SearchProgress.objects.select_for_update(skip_locked=True).filter(pk=1).first()


def _settle(progress: SearchProgress) -> None:
    """Once a minute: what was the newest message a minute ago has no elder that will still appear."""
    now = timezone.now()
    if now - progress.looked_at >= SETTLED_AFTER:
        progress.settled = max(progress.settled, progress.newest)
        progress.newest = Message.objects.aggregate(newest=Max("pk"))["newest"] or 0
        progress.looked_at = now
        progress.save()


def _write(messages: Iterable[Message]) -> None:
    rows = [
        MessageSearch(pk=message.pk, room_id=message.room_id, said_at=message.created_at, words=words_of(message))
        for message in messages
    ]
    MessageSearch.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["message"], update_fields=["words", "said_at"]
    )


def renew_changed() -> int:
    """Writes the words of edited messages anew and forgets those of removed ones. Returns how many it wrote.

    Whoever removes a message deletes its words in the same transaction. But the batch above may have read the message
    before that and written its words after: then they go now.
    """
    now = timezone.now()
    with transaction.atomic():
        progress = _hold()
        if progress is None:
            return 0
        since = progress.changes_at - SETTLED_AFTER
        MessageSearch.objects.filter(message__removed_at__gte=since).delete()
        changed = _edited(since)
        _write(changed)
        if changed or now - progress.changes_at >= SETTLED_AFTER:  # an idle site writes nothing
            progress.changes_at = now
            progress.save(update_fields=["changes_at"])
    return len(changed)


def _edited(since: datetime) -> list[Message]:
    """Messages edited since then whose words aren't those that are searched."""
    edited = Message.objects.filter(edited_at__gte=since, removed_at=None).prefetch_related("attachments")
    known = dict(MessageSearch.objects.filter(message__edited_at__gte=since).values_list("pk", "words"))
    return [message for message in edited if words_of(message) != known.get(message.pk)]


def look_again() -> None:
    """Forgets how far the index is and what was removed, so that the next rounds compare every message with it."""
    MessageSearch.objects.filter(message__removed_at__isnull=False).delete()
    SearchProgress.objects.update(done=0)
