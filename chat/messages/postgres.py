"""`post_messages` on Postgres: one function in the database, one JSON parameter, one round trip.

The function is in `chat/migrations/0006_post_conversation.py`; `portable.py` is the same in Python, and the same tests
hold both to it.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone
from psycopg import Cursor

from chat.errors import Busy, ChatError, IdReused, MessageGone, NotFound, SignedOut, WaitForAnswer
from chat.messages.drafts import Draft, Stored, Verdict
from chat.messages.portable import BARRIERS

CALL = "SELECT * FROM chat_post_messages(%s::json, %s)"
REFUSALS: dict[str, Callable[[], ChatError]] = {
    refusal.__name__: refusal for refusal in (SignedOut, NotFound, IdReused, Busy, WaitForAnswer, MessageGone)
}
REFUSALS |= BARRIERS


def store(drafts: list[Draft], *, wait: bool) -> list[Verdict]:
    """As `portable.store`, in the transaction the connection is in, or else one of its own."""
    now = timezone.now()
    question = msgspec.json.encode([_describe(number, draft, now) for number, draft in enumerate(drafts)])
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        answers = _call(question.decode(), wait)
    return [_verdict(draft, now, *rest) for draft, (_, *rest) in zip(drafts, answers, strict=True)]


def _call(question: str, wait: bool) -> list[tuple[Any, ...]]:
    """With the driver's own cursor. Django's writes parameters into the statement, which the database then shows to
    whoever may see its activity, and logs when it fails: the text of every message. This one stays prepared, too.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(CALL, (question, wait), prepare=True).fetchall()


def _describe(number: int, draft: Draft, now: datetime) -> dict[str, Any]:
    described = {
        "n": number,
        "sender": draft.sender_id,
        "room": draft.room,
        "id": draft.client_id,
        "body": draft.body,
        "epoch": draft.epoch,
        "created": draft.created_at or now,
    }
    if draft.html or draft.reply_to or draft.forwarded:
        described |= {"html": draft.html, "reply": draft.reply_to, "forwarded": draft.forwarded}
    return described


def _verdict(
    draft: Draft, now: datetime, refused: str | None, room_id: int, seq: int, rev: int, sender: str,
    first_created: datetime | None, repeated: bool,
) -> Verdict:  # fmt: skip
    if refused:
        return REFUSALS[refused]()
    return Stored(room_id, seq, rev, sender, first_created or draft.created_at or now, repeated)
