"""Unread that audits itself: counted again from scratch, row by row, and compared with what people are told.

Nothing is counted up or down anywhere, so the two can only differ by a mistake in the query. That there is none is
worth a nightly look.
"""

import logging
import secrets
from dataclasses import dataclass, field

from accounts.models import Block
from chat.models import HiddenMessage, Membership, Message
from chat.models.messages import UNREAD_CAP
from chat.models.rooms import MembershipQuerySet

log = logging.getLogger(__name__)

SAMPLE = 1_000  # memberships of one night
LOOKS = 3  # what is said between the two counts makes them differ: only what stays is a mistake


@dataclass
class Recount:
    """What one look brought: how many memberships, and which of them are told something wrong."""

    checked: int = 0
    drifted: list[int] = field(default_factory=list)  # ids of memberships


def recount_unread(*, sample: int = SAMPLE) -> Recount:
    """Counts some memberships' unread again, at most `sample` in a row from a random one on. Logs what differs."""
    found = Recount()
    for pk in _some(sample):
        found.checked += 1
        if _drifts(pk):
            found.drifted.append(pk)
            log.error("unread drifts membership=%s", pk)
    log.info("unread recounted checked=%d drift=%d", found.checked, len(found.drifted))
    return found


def _some(sample: int) -> list[int]:
    active = Membership.objects.active().order_by("pk")
    last = active.last()
    if last is None:
        return []
    begin = secrets.randbelow(last.pk) + 1
    return [*_ids(active.filter(pk__gte=begin), sample), *_ids(active.filter(pk__lt=begin), sample)][:sample]


def _ids(places: MembershipQuerySet, most: int) -> list[int]:
    return list(places.values_list("pk", flat=True)[:most])


def _drifts(pk: int) -> bool:
    for _ in range(LOOKS):
        place = Membership.objects.active().filter(pk=pk).with_unread().first()
        if place is None or place.unread == count_from_scratch(place):
            return False
    return True


def count_from_scratch(place: Membership) -> int:
    """How many messages this member hasn't read, up to `UNREAD_CAP`, by looking at each: no query's cleverness."""
    first = max(min(place.read_seq + 1, place.unread_from_seq or place.read_seq + 1), place.visible_from_seq)
    blocked = set(Block.objects.filter(blocker=place.user_id).values_list("blocked", flat=True))
    hidden = set(HiddenMessage.objects.filter(user=place.user_id).values_list("message", flat=True))
    count = 0
    rows = Message.objects.filter(room=place.room_id).newest()
    for message in rows.only("seq", "sender_id", "kind", "removed_at").iterator(chunk_size=200):
        if message.seq < first or count == UNREAD_CAP:
            break
        told = message.kind == Message.Kind.TEXT and message.removed_at is None
        by_others = message.sender_id != place.user_id and message.sender_id not in blocked
        count += told and by_others and message.pk not in hidden
    return count
