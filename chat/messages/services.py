"""The one way a message is written: socket, HTTP, imports and the demo all come through `post_messages`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction

from chat import events
from chat.errors import ChatError, Unavailable
from chat.events import PostedRow
from chat.messages import portable, postgres
from chat.messages.drafts import Draft, Stored, Verdict
from chat.messages.presenters import row
from chat.text import clean_body


@dataclass(frozen=True, slots=True)
class Posted:
    """A draft that is stored: now, or by an earlier attempt (`repeated`)."""

    post: PostedRow
    repeated: bool = False


Outcome = Posted | ChatError


def post_messages(drafts: list[Draft], *, wait: bool = True) -> list[Outcome]:
    """Stores the drafts in one transaction and announces them once it has committed.

    Returns one outcome for each draft, in their order: `Posted`, or the `ChatError` that refused it. A refused draft
    never fails its neighbours. The same client_id with the same content is answered as the first time, for ever.
    Without `wait`, drafts of a room that somebody else holds locked are refused with `Busy` at once.
    """
    outcomes: dict[int, Outcome] = {}
    waiting: dict[int, Draft] = {}
    for number, draft in enumerate(drafts):
        try:
            waiting[number] = _cleaned(draft)
        except ChatError as refusal:
            outcomes[number] = _refused(draft, refusal)
    while waiting:
        batch = _first_of_each_id(waiting)
        for number, verdict in zip(batch, _store(list(batch.values()), wait=wait), strict=True):
            outcomes[number] = _outcome(waiting.pop(number), verdict)
    _announce(outcomes.values())
    return [outcomes[number] for number in range(len(drafts))]


def _cleaned(draft: Draft) -> Draft:
    body = clean_body(draft.body)
    return draft if body == draft.body else replace(draft, body=body)


def _first_of_each_id(waiting: dict[int, Draft]) -> dict[int, Draft]:
    """The drafts without repeats: a repeat inside a batch is judged after the first, as one that comes later."""
    first: dict[object, int] = {}
    for number, draft in waiting.items():
        first.setdefault((draft.client_id, draft.sender_id), number)
    return waiting.copy() if len(first) == len(waiting) else {number: waiting[number] for number in first.values()}


def _store(drafts: list[Draft], *, wait: bool) -> list[Verdict]:
    try:
        return _body(drafts, wait=wait)
    except (IntegrityError, DataError):
        return [_alone(draft, wait=wait) for draft in drafts]
    except OperationalError:
        # The lock or statement time ran out, or the database went away, perhaps after it had committed: nobody knows
        # but the next attempt under the same id.
        return [Unavailable() for _ in drafts]


def _alone(draft: Draft, *, wait: bool) -> Verdict:
    """One draft of a batch that broke a constraint: only the one that breaks it by itself is refused.

    What breaks it is a client_id that another process stored in a different room between our look-up and our insert;
    the next attempt finds it.
    """
    try:
        return _body([draft], wait=wait)[0]
    except DatabaseError:
        return Unavailable()


def _body(drafts: list[Draft], *, wait: bool) -> list[Verdict]:
    store = postgres.store if connection.vendor == "postgresql" else portable.store
    return store(drafts, wait=wait)


def _outcome(draft: Draft, verdict: Verdict) -> Outcome:
    if isinstance(verdict, ChatError):
        return _refused(draft, verdict)
    return Posted(_posted(draft, verdict), verdict.repeated)


def _refused(draft: Draft, refusal: ChatError) -> ChatError:
    refusal.client_id = str(draft.client_id)
    return refusal


def _posted(draft: Draft, stored: Stored) -> PostedRow:
    """What the room hears. Body and client id of an earlier attempt are this draft's own, or it were refused."""
    shown = row(
        seq=stored.seq,
        rev=stored.rev,
        sender=stored.sender,
        client_id=draft.client_id,
        body=draft.body,
        created_at=stored.created_at,
    )
    return PostedRow(room_id=stored.room_id, room=draft.room, row=shown, origin=draft.origin)


def _announce(outcomes: Iterable[Outcome]) -> None:
    """Repeats too: the word of the first attempt may have been lost together with its answer.

    Hubs that heard it ignore it; the sender's answers the sender.
    """
    posted = [outcome.post for outcome in outcomes if isinstance(outcome, Posted)]
    if posted:
        transaction.on_commit(lambda: events.messages_posted(posted), robust=True)
