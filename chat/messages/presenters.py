"""Messages as the wire shows them. Every page, event and answer gets its rows from here."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef

from chat.attachments.presenters import described
from chat.live.frames import Frame
from chat.messages.markup import text_of
from chat.messages.mentions import marked
from chat.models import Attachment, Membership, Message, Reaction, Room, Star
from chat.models.messages import MessageQuerySet

Row = dict[str, Any]
Values = dict[str, Any]  # of COLUMNS

COLUMNS = (
    "pk", "room_id", "seq", "rev", "sender_id", "sender__public_id", "client_id", "kind", "event", "body", "html",
    "reply_to", "forwarded", "created_at", "edited_at", "removed_at", "removed_by_id", "pinned_at",
    "has_reactions", "has_files",
)  # fmt: skip
# Asked with the messages, so that nobody asks for those of messages that have none.
EXTRAS = {
    "has_reactions": Exists(Reaction.objects.filter(message=OuterRef("pk"))),
    "has_files": Exists(Attachment.objects.filter(message=OuterRef("pk"))),
}
PAGE = 50
SYNC_PAGE = 200
PAGE_BYTES = 128 * 1024  # of text in one frame: routers and proxies cut what is much larger
QUOTE = 160  # characters of a message that is quoted
PREVIEW = 200  # characters of a message in the inbox
TOO_FAR = 1_000  # further behind, the newest page is quicker than every change


def stamp(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC: "2026-11-20T14:37:00.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def row(*, seq: int, rev: int, sender: str | None, client_id: object, body: str, created_at: datetime) -> Row:
    """One message as the wire's row; `sender` is the person's public id, None for the system itself."""
    return {
        "seq": seq,
        "rev": rev,
        "sender": sender,
        "client_id": str(client_id),
        "body": body,
        "created": stamp(created_at),
    }


def rows(messages: MessageQuerySet, viewer: Membership | None = None) -> list[Row]:
    """The messages as rows, in the queryset's order; for one member's eyes, if given, else for the hub's.

    With everything that hangs on them, in a fixed number of queries: files, reactions, mentions, what they quote.
    """
    if viewer:
        stars = Star.objects.filter(user=viewer.user_id, message=OuterRef("pk"))
        found = list(messages.annotate(**EXTRAS, is_starred=Exists(stars)).values(*COLUMNS, "is_starred"))
    else:
        found = list(messages.annotate(**EXTRAS).values(*COLUMNS))
    extras = _extras(found) if found else {}
    presented = [_present(values, extras.get(values["pk"], {})) for values in found]
    return for_viewer(presented, viewer) if viewer else presented


def _present(values: Values, extras: Row) -> Row:
    shown = row(
        seq=values["seq"],
        rev=values["rev"],
        sender=values["sender__public_id"],
        client_id=values["client_id"],
        body=values["body"],
        created_at=values["created_at"],
    )
    if values["removed_at"]:
        return shown | {
            "body": "",
            "removed": "author" if values["removed_by_id"] == values["sender_id"] else "moderator",
        }
    if values["kind"] == Message.Kind.EVENT:
        shown |= {"kind": "event", "event": values["event"]}
    if values["html"]:
        shown["html"] = values["html"]
        if named := marked(values["html"]):
            shown["mentions"] = named
    if values["forwarded"]:
        shown["forwarded"] = True
    if values["edited_at"]:
        shown["edited"] = stamp(values["edited_at"])
    if values["pinned_at"]:
        shown["pinned"] = stamp(values["pinned_at"])
    if values.get("is_starred"):
        shown["starred"] = True
    return shown | extras


def _extras(found: list[Values]) -> dict[int, Row]:
    """What hangs on these messages, by their id."""
    extras: defaultdict[int, Row] = defaultdict(dict)
    for pk, reactions in _reactions(_with(found, "has_reactions")).items():
        extras[pk]["reactions"] = [[emoji, people] for emoji, people in reactions.items()]
    for pk, files in attachments_of(_with(found, "has_files")).items():
        extras[pk]["attachments"] = files
    quotes = _quotes(found)
    for values in found:
        if quote := quotes.get((values["room_id"], values["reply_to"])):
            extras[values["pk"]]["reply"] = quote
    return extras


def _with(found: list[Values], what: str) -> list[int]:
    return [values["pk"] for values in found if values[what] and not values["removed_at"]]


def _reactions(ids: list[int]) -> dict[int, dict[str, list[str]]]:
    by_message: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
    found = (
        Reaction.objects.filter(message__in=ids).order_by("pk").values_list("message_id", "emoji", "user__public_id")
    )
    for message_id, emoji, person in found:
        by_message[message_id].setdefault(emoji, []).append(person)
    return by_message


def attachments_of(ids: list[int]) -> dict[int, list[Row]]:
    """The files of these messages, in their order, by message."""
    by_message: defaultdict[int, list[Row]] = defaultdict(list)
    for file in Attachment.objects.filter(message__in=ids).order_by("message", "position") if ids else ():
        by_message[file.message_id or 0].append(described(file))
    return by_message


def _quotes(found: Iterable[Values]) -> dict[tuple[int, int], Row]:
    """What the messages quote, by room and place. What was removed is quoted as removed."""
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for values in found:
        if values["reply_to"] and not values["removed_at"]:
            wanted[values["room_id"]].add(values["reply_to"])
    quotes = {}
    for room_id, places in wanted.items():
        quoted = Message.objects.filter(room=room_id, seq__in=places)
        columns = ("seq", "sender__public_id", "body", "html", "removed_at")
        for seq, sender, body, html, removed_at in quoted.values_list(*columns):
            text = text_of(html) if html else body
            quotes[room_id, seq] = quote(seq, sender, text, removed=removed_at is not None)
    return quotes


def quote(seq: int, sender: str | None, body: str, *, removed: bool = False) -> Row:
    """A message as another one quotes it."""
    shown = {"seq": seq, "sender": sender, "body": body[:QUOTE]}
    return shown | {"body": "", "removed": True} if removed else shown


# --- For somebody's eyes ---------------------------------------------------------------------------------------------


def for_viewer(shown: list[Row], viewer: Membership) -> list[Row]:
    """The rows of the viewer's room as they see them: without the words of people they blocked, in groups."""
    if viewer.room.kind == Room.Kind.DIRECT:
        return shown
    return [seen_by(one, blocked=viewer.blocked_people, floor=viewer.visible_from_seq) for one in shown]


def seen_by(shown: Row, *, blocked: set[str] | frozenset[str], floor: int) -> Row:
    """The row as a member sees it who blocked these people and may look back to the place `floor`."""
    if shown["sender"] in blocked:
        kept = ("seq", "rev", "sender", "client_id", "created")
        return {key: shown[key] for key in kept} | {"body": "", "hidden": "blocked"}
    reply = shown.get("reply")
    if reply and (reply["seq"] < floor or reply["sender"] in blocked):
        return shown | {"reply": {"seq": reply["seq"], "sender": reply["sender"], "body": "", "hidden": True}}
    return shown


# --- Pages -----------------------------------------------------------------------------------------------------------


def changed_rows(room_id: int, since: int, limit: int) -> tuple[str, int, list[Row] | None]:
    """The room's public id and last number, and all rows that changed after `since`; None if more than `limit` did.

    For the hub, which knows for each of its sockets what they may see.
    """
    public_id, upto = Room.objects.values_list("public_id", "last_rev").get(pk=room_id)
    if upto - since > limit:
        return public_id, upto, None
    return public_id, upto, rows(Message.objects.filter(room=room_id).since(since, upto))


def placed_rows(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Row]:
    """The rows at these places (room id, seq), as they are now. For the write path, whose sender put them there."""
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for room_id, seq in places:
        wanted[room_id].add(seq)
    return {
        (room_id, shown["seq"]): shown
        for room_id, seqs in wanted.items()
        for shown in rows(Message.objects.filter(room=room_id, seq__in=seqs))
    }


def latest_rows(message_ids: set[int]) -> dict[int, Row]:
    """The rows of these messages by id, their bodies cut for a preview. The caller says that they may be seen."""
    return previews(Message.objects.filter(pk__in=message_ids)) if message_ids else {}


def previews(messages: MessageQuerySet) -> dict[int, Row]:
    """The rows of these messages by id, in the queryset's order: their words, cut for a preview, and their files."""
    found = list(messages.annotate(**EXTRAS).values(*COLUMNS))
    files = attachments_of(_with(found, "has_files"))
    shown = {}
    for values in found:
        extras = {"attachments": files[values["pk"]]} if values["pk"] in files else {}
        one = _present(values, extras)
        text = text_of(one.pop("html")) if "html" in one else one["body"]
        shown[values["pk"]] = one | {"body": text[:PREVIEW]}
    return shown


def fitting(found: list[Row]) -> list[Row]:
    """The first of the rows, as many as fit into one frame; at least one."""
    size = 0
    for number, one in enumerate(found):
        size += len(one["body"].encode()) + len(one.get("html", "")) + 300
        if size > PAGE_BYTES and number:
            return found[:number]
    return found


def newest_page(place: Membership, size: int = PAGE) -> list[Row]:
    """The newest `size` rows this member may see, or as many of them as fit into one frame, oldest first."""
    return fitting(rows(Message.objects.visible_to(place).newest()[:size], place))[::-1]


def older_page(place: Membership, before: int, size: int = PAGE) -> tuple[list[Row], bool]:
    """At most `size` rows before place `before`, oldest first, and whether there are more."""
    found = rows(Message.objects.visible_to(place).before(before)[: size + 1], place)
    return found[:size][::-1], len(found) > size


def catch_up(place: Membership, since: int) -> Frame:
    """What this member missed after change `since`: `synced`, or `reset` when that would be too much or can't be told.

    `place.room.last_rev` must have been read before this call: rows read after it may only be newer, and the cursor
    then lies where everything up to it has been seen.
    """
    upto = place.room.last_rev
    if not max(0, upto - TOO_FAR, place.visible_from_seq - 1) <= since <= upto:
        return {"type": "reset", "room": place.room.public_id, "upto": upto, "rows": newest_page(place)}
    found = rows(Message.objects.visible_to(place).since(since, upto)[: SYNC_PAGE + 1], place)
    page = fitting(found[:SYNC_PAGE])
    frame = {"type": "synced", "room": place.room.public_id, "rows": page, "more": len(page) < len(found)}
    return frame if frame["more"] else {**frame, "upto": upto}
