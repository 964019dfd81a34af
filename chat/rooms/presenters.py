"""A member's place in a room, as the wire and the pages show it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from accounts.models import HUES, Block, User
from chat.messages.presenters import latest_rows, seen_by, stamp
from chat.models import Membership, Room
from chat.models.rooms import MembershipQuerySet
from chat.people.presenters import person
from chat.rooms.roster import of_group

NOTES = "Notes to self"
FOREVER = datetime(9000, 1, 1, tzinfo=UTC)  # muted "always"
DRAFT_PREVIEW = 200  # characters of a draft where many are told at once
LINE = 160  # characters of a preview
FILE_ICONS = {"image": "image", "voice": "mic"}
FILE_WORDS = {"image": "Photo", "voice": "Voice message"}


def load_memberships(places: MembershipQuerySet) -> list[Membership]:
    """The memberships with all that `membership()` needs, in a fixed number of queries whatever their number.

    Adds to each: `.others` (memberships of the other people of a direct room), `.latest` (newest row or None), `.by`
    (who said it, in a group) and `.mention_seq` (the newest place that names them, in a group).
    """
    loaded = list(places.select_related("room", "user").with_unread().with_latest())
    for place in loaded:
        place.others = []
        if not place.is_inside:  # who is out hears nothing of what is said since
            place.last_id = place.last_seq = place.last_sender_id = None
            place.unread = 0
    others = _others({place.room_id for place in loaded if place.room.kind == Room.Kind.DIRECT})
    rows = latest_rows({place.last_id for place in loaded if place.last_id})
    for place in loaded:
        place.latest, place.by, place.mention_seq = rows.get(place.last_id or 0), None, None
        place.others = [other for other in others[place.room_id] if other.user_id != place.user_id]
    _add_company([place for place in loaded if place.room.kind == Room.Kind.GROUP])
    return loaded


def _others(direct: set[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = defaultdict(list)
    if direct:
        for other in Membership.objects.filter(room__in=direct).select_related("user"):
            found[other.room_id].append(other)
    return found


def _add_company(groups: list[Membership]) -> None:
    """What a line of a group needs of the others: who spoke last, and whether somebody named this member."""
    speakers = User.objects.in_bulk({place.last_sender_id for place in groups if place.last_sender_id})
    mentions = Membership.objects.filter(pk__in=[place.pk for place in groups]).mentions() if groups else {}
    blocked = _blocks(groups)
    for place in groups:
        place.by = speakers.get(place.last_sender_id or 0)
        place.mention_seq = mentions.get(place.pk)
        if place.latest:
            place.latest = seen_by(place.latest, blocked=blocked[place.user_id], floor=place.visible_from_seq)


def _blocks(groups: list[Membership]) -> dict[int, set[str]]:
    """Whom these members blocked of those who spoke last, as public ids by the blocker's id."""
    found: dict[int, set[str]] = defaultdict(set)
    speakers = {place.last_sender_id for place in groups if place.last_sender_id}
    if speakers:
        near = Block.objects.filter(blocker__in={place.user_id for place in groups}, blocked__in=speakers)
        for blocker_id, public_id in near.values_list("blocker_id", "blocked__public_id"):
            found[blocker_id].add(public_id)
    return found


def title(place: Membership) -> str:
    """What this member calls the room: its name, or the other person's."""
    if place.room.name:
        return place.room.name
    return place.others[0].user.name if place.others else NOTES


def people(place: Membership) -> list[User]:
    """Whom the list shows: the other one of a direct room; of a group, who said the newest message."""
    return [other.user for other in place.others] or ([place.by] if place.by else [])


def is_mentioned(place: Membership) -> bool:
    """Whether something unread names them."""
    first = min(place.read_seq + 1, place.unread_from_seq or place.read_seq + 1)
    return bool(place.unread) and (place.mention_seq or 0) >= first


def is_archived(place: Membership) -> bool:
    """Whether it is put away: until it is taken out again, or something comes that is meant for them.

    That is any newer message of a one-to-one room, and a mention in a group.
    """
    if place.archived_seq is None:
        return False
    called = place.mention_seq if place.room.kind == Room.Kind.GROUP else place.last_seq
    return (called or 0) <= place.archived_seq


def muted(place: Membership) -> str | None:
    """Until when it is muted: a moment, "always", or None."""
    if place.muted_until is None or place.muted_until <= timezone.now():
        return None
    return "always" if place.muted_until >= FOREVER else stamp(place.muted_until)


def membership(place: Membership, *, whole: bool = True) -> dict[str, Any]:
    """A loaded membership as the wire's `membership` (docs/protocol.md). Unless `whole`, a long draft is cut."""
    room = place.room
    return {
        "room": room.public_id,
        "version": place.version,
        "kind": room.kind,
        "state": place.state,
        "role": place.role,
        "posting": place.posting,
        "title": title(place),
        "hue": room.pk % HUES,
        "people": [person(user) for user in people(place)],
        "joined": stamp(place.joined_at),
        "last_rev": room.last_rev,
        "last_seq": place.last_seq or 0,
        "last": place.latest,
        "read_seq": place.read_seq,
        "recv_seq": place.recv_seq,
        "unread_from_seq": place.unread_from_seq,
        "visible_from_seq": place.visible_from_seq,
        "unread": place.unread,
        "mentioned": is_mentioned(place),
        "pinned": place.pinned_at is not None,
        "archived": is_archived(place),
        "muted": muted(place),
        "level": place.level,
        "draft": place.draft if whole else _cut(place.draft),
        "receipts": {other.user.public_id: pointers_shown(place, other) for other in place.others},
        **(of_group(room) if room.kind == Room.Kind.GROUP else {}),
    }


def _cut(draft: dict[str, Any] | None) -> dict[str, Any] | None:
    if draft is None or len(draft["body"]) <= DRAFT_PREVIEW:
        return draft
    return draft | {"body": draft["body"][:DRAFT_PREVIEW], "cut": True}


def pointers_shown(viewer: Membership, other: Membership) -> dict[str, int]:
    """What this member is told of how far the other got: nothing, if they don't tell either."""
    if not viewer.user.gives_receipts:
        return {"received": 0, "read": 0}
    return {"received": other.recv_seq, "read": other.shown_read_seq}


def receipts(place: Membership) -> dict[str, dict[str, int]]:
    """The shown pointers of the other person of a direct room, by person id."""
    if place.room.kind != Room.Kind.DIRECT:
        return {}
    others = Membership.objects.filter(room=place.room_id).exclude(user=place.user_id).select_related("user")
    return {other.user.public_id: pointers_shown(place, other) for other in others}


@dataclass(frozen=True)
class Preview:
    """The newest message on one line of the inbox."""

    text: str
    icon: str = ""
    before: str = ""  # who said it, in a group


def preview(place: Membership) -> Preview:
    """What a line shows of the newest message. `preview.js` says the same of a row."""
    last = place.latest
    if last is None:
        return Preview("")
    before = _speaker(place) if place.room.kind == Room.Kind.GROUP else ""
    if "removed" in last:
        return Preview("Message removed", before=before)
    if "hidden" in last:
        return Preview("From somebody you blocked")
    files = last.get("attachments", [])
    icon = FILE_ICONS.get(files[0]["kind"], "file-text") if files else ""
    text = " ".join(last["body"].split())[:LINE] or (file_words(files) if files else "")
    return Preview(text, icon, before)


def file_words(files: list[dict[str, Any]]) -> str:
    """What a message without words brings: "Photo", "3 photos", "Voice message", a file's name, "4 files"."""
    kinds = {file["kind"] for file in files}
    if len(files) == 1:
        return FILE_WORDS.get(files[0]["kind"]) or files[0]["name"]
    return f"{len(files)} {'photos' if kinds == {'image'} else 'files'}"


def _speaker(place: Membership) -> str:
    if place.last_sender_id == place.user_id:
        return "You"
    return place.by.name.split()[0] if place.by and place.by.name.split() else "Somebody"


@dataclass(frozen=True)
class Conversation:
    """A line of the inbox."""

    membership: dict[str, Any]
    other: User | None
    preview: Preview
    at: datetime | None
    receipt: str

    @property
    def room(self) -> str:
        return self.membership["room"]

    @property
    def title(self) -> str:
        return self.membership["title"]

    @property
    def unread(self) -> int:
        return self.membership["unread"]

    @property
    def is_group(self) -> bool:
        return self.membership["kind"] == Room.Kind.GROUP

    @property
    def is_quiet(self) -> bool:
        """Whether what is new in it is counted nowhere else."""
        return bool(self.membership["muted"] or self.membership["archived"])

    @property
    def draft(self) -> str:
        """What one began to write, on one line."""
        draft = self.membership["draft"]
        return " ".join(draft["body"].split())[:LINE] if draft else ""


def conversation(place: Membership) -> Conversation:
    """A loaded membership as a line of the inbox."""
    mine = place.last_sender_id == place.user_id
    return Conversation(
        membership=membership(place, whole=False),
        other=place.others[0].user if place.others else None,
        preview=preview(place),
        at=_at(place),
        receipt=_receipt(place) if mine and place.others and "removed" not in (place.latest or {}) else "",
    )


def _at(place: Membership) -> datetime | None:
    said = place.room.last_message_at
    return max(said or place.joined_at, place.joined_at) if place.room.kind == Room.Kind.GROUP else said


def _receipt(place: Membership) -> str:
    """How far the newest own message got: "sent", "delivered" or "read"."""
    last = place.last_seq or 0
    shown = [pointers_shown(place, other) for other in place.others]
    if all(pointers["read"] >= last for pointers in shown):
        return "read"
    if all(pointers["received"] >= last for pointers in shown):
        return "delivered"
    return "sent"
