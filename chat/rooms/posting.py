"""Who may write in a room: one pure rule, kept in `Membership.posting` so that posting asks one row.

Blocks, closed conversations, unanswered requests, "nobody may write to me" and announcement rooms all end here. A
block, a closed conversation and "nobody" give the other side the same answer, so that none can be told from another.
"""

from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Block, User
from chat.models import Membership, Room
from chat.people.reach import keep_company
from chat.rooms.announce import announce_memberships

Posting = Membership.Posting
State = Membership.State
Audience = User.WriteAudience
KEEPERS = (Membership.Role.OWNER, Membership.Role.MODERATOR)


class Stance(NamedTuple):
    """What one of the two in a one-to-one room lets the other do."""

    state: str = State.MEMBER
    is_closed: bool = False
    blocks: bool = False  # the other one
    audience: str = Audience.EVERYONE

    def shuts_out(self, *, company: bool) -> bool:
        """Whether they take nothing from the other. `company`: the two share another room."""
        out_of_audience = self.audience == Audience.NOBODY or (self.audience == Audience.SHARED and not company)
        return self.blocks or self.is_closed or out_of_audience


def posting_between(mine: Stance, theirs: Stance, *, company: bool) -> str:
    """What stands between me and a message to the other one of our room.

    Who shuts the other out doesn't write either: they couldn't be answered, and from their writing the other could
    tell a setting from a block.
    """
    if mine.state == State.REQUEST:
        return Posting.ASKED
    if mine.shuts_out(company=company):
        return Posting.BLOCKING
    if theirs.shuts_out(company=company) or theirs.state not in Membership.INSIDE:
        return Posting.REFUSED
    return Posting.ASKING if theirs.state == State.REQUEST else Posting.FREE


def posting_in_group(role: str, *, is_announcement: bool) -> str:
    """What stands between a member of a group and a message of theirs."""
    return Posting.READING if is_announcement and role not in KEEPERS else Posting.FREE


def renew_posting(room: Room) -> None:
    """Sets what stands between each member and their messages, and tells whom it changed for. Under the room's lock."""
    changed = _renew_pair(room) if room.kind == Room.Kind.DIRECT else _renew_group(room)
    if changed:
        announce_memberships(Q(pk__in=changed))


def renew_rooms_of(user_id: int) -> None:
    """The same for every one-to-one room of this person, after they chose anew who may write to them."""
    _renew_each(Q(memberships__user=user_id))


def renew_company_of(user_id: int) -> None:
    """The same where only company may write, after this person came into a room or went. Call it after the commit."""
    _renew_each(Q(memberships__user=user_id) & Q(pk__in=_for_company_only()))


def _for_company_only() -> QuerySet:
    return Membership.objects.filter(user__write_audience=Audience.SHARED, room__kind=Room.Kind.DIRECT).values("room")


def _renew_each(which: Q) -> None:
    """One short transaction for each room: nobody waits for all of them, and no order of locks can be wrong."""
    for pk in Room.objects.filter(which, kind=Room.Kind.DIRECT).values_list("pk", flat=True):
        with transaction.atomic():
            renew_posting(Room.objects.select_for_update(no_key=True).get(pk=pk))


def _renew_pair(room: Room) -> list[int]:
    places = {place.user_id: place for place in room.memberships.filter(user__in=room.pair).select_related("user")}
    if len(places) < 2:  # notes to self, or a room that nobody opened yet
        return []
    one, other = places.values()
    blockers = set(Block.objects.filter(blocker__in=places, blocked__in=places).values_list("blocker", flat=True))
    company = keep_company(one.user_id, other.user_id) if _asks_company(one, other) else False
    stances = {user_id: _stance(place, user_id in blockers) for user_id, place in places.items()}
    wanted = {
        mine.pk: posting_between(stances[mine.user_id], stances[theirs.user_id], company=company)
        for mine, theirs in [(one, other), (other, one)]
    }
    return [pk for place in (one, other) for pk in _set(Membership.objects.filter(pk=place.pk), wanted[place.pk])]


def _stance(place: Membership, blocks: bool) -> Stance:
    return Stance(place.state, place.is_closed, blocks, place.user.write_audience)


def _asks_company(*places: Membership) -> bool:
    return any(place.user.write_audience == Audience.SHARED for place in places)


def _renew_group(room: Room) -> list[int]:
    inside = Membership.objects.active().filter(room=room)  # who is out hears no more of the room
    readers = inside.exclude(role__in=KEEPERS) if room.is_announcement else inside.none()
    writers = inside.filter(role__in=KEEPERS) if room.is_announcement else inside
    return _set(readers, Posting.READING) + _set(writers, Posting.FREE)


def _set(places: QuerySet, posting: str) -> list[int]:
    """Sets it where it is another. Returns the ids of those memberships."""
    changed = list(places.exclude(posting=posting).values_list("pk", flat=True))
    renewed = Membership.objects.filter(pk__in=changed)
    if changed:
        renewed.update(posting=posting, version=F("version") + 1, changed_at=timezone.now())
    return changed
