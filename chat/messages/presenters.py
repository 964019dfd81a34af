"""Messages as the wire shows them. Every page, event and answer gets its rows from here."""

from datetime import UTC, datetime
from typing import Any

from chat.live.frames import Frame
from chat.models import Membership, Message, Room
from chat.models.messages import MessageQuerySet

Row = dict[str, Any]

COLUMNS = ("room_id", "seq", "rev", "sender__public_id", "client_id", "body", "created_at")
PAGE = 50
SYNC_PAGE = 200
PAGE_BYTES = 128 * 1024  # of text in one frame: routers and proxies cut what is much larger
PREVIEW = 200  # characters of a message in the inbox
TOO_FAR = 1_000  # further behind, the newest page is quicker than every change


def stamp(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC: "2026-11-20T14:37:00.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def row(*, seq: int, rev: int, sender: str, client_id: object, body: str, created_at: datetime) -> Row:
    """One message as the wire's row; `sender` is the person's public id."""
    return {
        "seq": seq,
        "rev": rev,
        "sender": sender,
        "client_id": str(client_id),
        "body": body,
        "created": stamp(created_at),
    }


def rows(messages: MessageQuerySet) -> list[Row]:
    """The messages as rows, in the queryset's order."""
    return [_present(values) for values in messages.values(*COLUMNS)]


def _present(values: dict[str, Any]) -> Row:
    values = dict(values)
    values.pop("room_id")
    return row(sender=values.pop("sender__public_id"), **values)


def changed_rows(room_id: int, since: int, limit: int) -> tuple[str, int, list[Row] | None]:
    """The room's public id and last number, and all rows that changed after `since`; None if more than `limit` did.

    For the hub, which knows for each of its sockets what they may see.
    """
    public_id, upto = Room.objects.values_list("public_id", "last_rev").get(pk=room_id)
    if upto - since > limit:
        return public_id, upto, None
    return public_id, upto, rows(Message.objects.filter(room=room_id).since(since, upto))


def latest_rows(message_ids: set[int]) -> dict[int, Row]:
    """The rows of these messages by id, their bodies cut for a preview. The caller says that they may be seen."""
    found = Message.objects.filter(pk__in=message_ids).values("pk", *COLUMNS) if message_ids else ()
    rows = {values.pop("pk"): _present(values) for values in found}
    return {pk: {**row, "body": row["body"][:PREVIEW]} for pk, row in rows.items()}


def _fitting(found: list[Row]) -> list[Row]:
    """The first of the rows, as many as fit into one frame; at least one."""
    size = 0
    for number, one in enumerate(found):
        size += len(one["body"].encode()) + 300
        if size > PAGE_BYTES and number:
            return found[:number]
    return found


def newest_page(place: Membership, size: int = PAGE) -> list[Row]:
    """The newest `size` rows this member may see, or as many of them as fit into one frame, oldest first."""
    return _fitting(rows(Message.objects.visible_to(place).newest()[:size]))[::-1]


def older_page(place: Membership, before: int, size: int = PAGE) -> tuple[list[Row], bool]:
    """At most `size` rows before place `before`, oldest first, and whether there are more."""
    found = rows(Message.objects.visible_to(place).before(before)[: size + 1])
    return found[:size][::-1], len(found) > size


def catch_up(place: Membership, since: int) -> Frame:
    """What this member missed after change `since`: `synced`, or `reset` when that would be too much or can't be told.

    `place.room.last_rev` must have been read before this call: rows read after it may only be newer, and the cursor
    then lies where everything up to it has been seen.
    """
    upto = place.room.last_rev
    if not max(0, upto - TOO_FAR, place.visible_from_seq - 1) <= since <= upto:
        return {"type": "reset", "room": place.room.public_id, "upto": upto, "rows": newest_page(place)}
    found = rows(Message.objects.visible_to(place).since(since, upto)[: SYNC_PAGE + 1])
    page = _fitting(found[:SYNC_PAGE])
    frame = {"type": "synced", "room": place.room.public_id, "rows": page, "more": len(page) < len(found)}
    return frame if frame["more"] else {**frame, "upto": upto}
