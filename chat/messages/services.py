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
from chat.messages.markup import may_be_formatted, render
from chat.messages.mentions import NOBODY, mentions_of
from chat.messages.presenters import Row, placed_rows, row
from chat.models import Membership
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
            waiting[number] = prepare(draft)
        except ChatError as refusal:
            outcomes[number] = _refused(draft, refusal)
    while waiting:
        batch = _first_of_each_id(waiting)
        verdicts = _store(list(batch.values()), wait=wait)
        outcomes |= _outcomes(batch, verdicts)
        for number in batch:
            del waiting[number]
    _announce(outcomes.values())
    return [outcomes[number] for number in range(len(drafts))]


def is_plain(body: str) -> bool:
    """Whether `prepare` costs next to nothing: no formatting, nobody named."""
    return "@" not in body and not may_be_formatted(body)


def prepare(draft: Draft) -> Draft:
    """The draft with a clean text, and with what its markup means. Once is enough.

    What somebody made to be slow takes a tenth of a second, so a socket has it done before its draft gets to the one
    thread that writes for everybody. Raises what `clean_body` has against the text.
    """
    if draft.is_prepared:
        return draft
    if draft.attachments and not draft.body.strip():
        return replace(draft, body="")
    body = clean_body(draft.body)
    named = mentions_of(draft) if "@" in body else NOBODY
    html = render(body, named)
    if body == draft.body and not html and not named:
        return draft
    return replace(draft, body=body, html=html, mentions=named.ids, is_prepared=True)


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
    """On Postgres its function, but for what hangs more on a message than a text; see `portable.store`."""
    if connection.vendor != "postgresql":
        return portable.store(drafts, wait=wait)
    rich = [draft for draft in drafts if draft.attachments or draft.mentions]
    if not rich:
        return postgres.store(drafts, wait=wait)
    plain = [draft for draft in drafts if not (draft.attachments or draft.mentions)]
    verdicts = iter(portable.store(rich, wait=wait))
    others = iter(postgres.store(plain, wait=wait) if plain else ())
    return [next(verdicts if draft.attachments or draft.mentions else others) for draft in drafts]


def _outcomes(batch: dict[int, Draft], verdicts: list[Verdict]) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    richer: dict[int, Stored] = {}
    for (number, draft), verdict in zip(batch.items(), verdicts, strict=True):
        if isinstance(verdict, ChatError):
            outcomes[number] = _refused(draft, verdict)
        elif _is_more_than_text(draft, verdict):
            richer[number] = verdict
        else:
            outcomes[number] = Posted(_posted(draft, verdict, _text_row(draft, verdict)))
    rows = placed_rows(stored[:2] for stored in richer.values()) if richer else {}
    inside = _inside([batch[number] for number, stored in richer.items() if stored.repeated])
    for number, stored in richer.items():
        draft = batch[number]
        is_out = stored.repeated and (draft.room, draft.sender_id) not in inside
        outcomes[number] = Posted(_posted(draft, stored, rows[stored[:2]], brief=is_out), stored.repeated)
    return outcomes


def _inside(repeats: list[Draft]) -> set[tuple[str, int]]:
    """Which (room, sender) of these are inside now: who was put out still hears where their message is, but not what
    it quotes.
    """
    rooms, senders = {draft.room for draft in repeats}, {draft.sender_id for draft in repeats}
    return Membership.objects.placed(rooms, senders)


def _is_more_than_text(draft: Draft, stored: Stored) -> bool:
    """Whether the draft alone doesn't say what the room sees: a repeat may have been edited since."""
    return stored.repeated or bool(draft.reply_to or draft.attachments or draft.mentions or draft.forwarded)


def _text_row(draft: Draft, stored: Stored) -> Row:
    shown = row(
        seq=stored.seq,
        rev=stored.rev,
        sender=stored.sender,
        client_id=draft.client_id,
        body=draft.body,
        created_at=stored.created_at,
    )
    return shown | {"html": draft.html} if draft.html else shown


def _refused(draft: Draft, refusal: ChatError) -> ChatError:
    refusal.client_id = str(draft.client_id)
    return refusal


def _posted(draft: Draft, stored: Stored, shown: Row, *, brief: bool = False) -> PostedRow:
    """What the room hears."""
    return PostedRow(room_id=stored.room_id, room=draft.room, row=shown, origin=draft.origin, brief=brief)


def _announce(outcomes: Iterable[Outcome]) -> None:
    """Repeats too: the word of the first attempt may have been lost together with its answer.

    Hubs that heard it ignore it; the sender's answers the sender.
    """
    posted = [outcome.post for outcome in outcomes if isinstance(outcome, Posted)]
    if posted:
        transaction.on_commit(lambda: events.messages_posted(posted), robust=True)
