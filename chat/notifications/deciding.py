"""Who is told of which messages: decided again and again by a sweep, never by a job for each message.

A membership is looked at when its room has something that its person hasn't read and that wasn't decided about yet. A
message waits a while first: who reads it meanwhile, anywhere, needs no telling. What is decided once, to tell or not,
is done with (`pushed_seq`); so leaving quiet hours or unmuting a room brings nothing old.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest

from accounts.models import Block
from chat.live import presence
from chat.models import Membership, Mention, Message, PushSubscription, Room
from chat.models.messages import MessageQuerySet
from chat.models.rooms import MembershipQuerySet

AWAY = timedelta(seconds=20)  # that a message waits for who isn't here...
HERE = timedelta(seconds=30)  # ...and for who is connected, but perhaps only their desktop is
WINDOW = timedelta(hours=1)  # what is older when we come to it is no news
MOST = 200  # memberships in one transaction


@dataclass(frozen=True)
class News:
    """What one member is to be told."""

    place: Membership  # with `.user`, `.room` and `.others`
    newest: Message  # with `.sender`
    count: int  # of unread messages that they would be told of
    before: int  # the place's `pushed_seq` before this


def claim(now: datetime) -> list[News]:
    """Decides about everything that is due, at most `MOST` memberships, and marks it as told. Two processes that do
    this at once share the memberships between them.
    """
    if not _candidates(now).exists():  # on a quiet site nothing is locked, either
        return []
    with transaction.atomic():
        places = list(_candidates(now).select_for_update(of=("self",), skip_locked=True)[:MOST])
        here = presence.store().online({place.user_id for place in places})
        found = [news for place in places if (news := _decide(place, now, is_here=place.user_id in here))]
    return _with_others(found)


def _candidates(now: datetime) -> MembershipQuerySet:
    reached = PushSubscription.objects.due().filter(user=OuterRef("user"))
    decided = Greatest(F("read_seq"), F("pushed_seq"))
    return (
        Membership.objects.accepted()
        # `changed_at` says the same more broadly, for an index.
        .filter(room__changed_at__gt=now - WINDOW, room__last_message_at__gt=now - WINDOW, room__last_rev__gt=decided)
        .filter(Exists(reached), user__is_active=True)
        .select_related("room", "user")
        .order_by("pk")
    )


def _decide(place: Membership, now: datetime, *, is_here: bool) -> News | None:
    """Marks what has waited long enough as decided. Returns what their person is to be told of it, if anything."""
    before = place.pushed_seq
    decided = max(place.read_seq, before)
    upto = _ripe(place, decided, now - (HERE if is_here else AWAY))
    if upto <= decided:
        return None
    Membership.objects.filter(pk=place.pk).update(pushed_seq=upto)
    if not wants_any(place, now):
        return None
    wanted = list(wanted_messages(place).filter(seq__lte=upto).select_related("sender").order_by("-seq")[:100])
    if not wanted or wanted[0].seq <= decided:
        return None
    return News(place, wanted[0], len(wanted), before)


def _ripe(place: Membership, decided: int, cutoff: datetime) -> int:
    """Up to where everything in the room has waited long enough."""
    young = Message.objects.visible_to(place).filter(seq__gt=decided, created_at__gt=cutoff)
    first = young.order_by("seq").values_list("seq", flat=True).first()
    return place.room.last_rev if first is None else first - 1


def wants_any(place: Membership, now: datetime) -> bool:
    """Whether this member wants to be told of this room at this moment."""
    told = place.user.push_on and not place.user.is_quiet_at(now)
    return told and not place.is_muted and place.level != Membership.Level.NOTHING


def wanted_messages(place: Membership) -> MessageQuerySet:
    """The unread messages that this member wants to be told of: of others, still there, not of whom they blocked, and
    in a room of which they want only mentions, or that they have put away, those that name them.
    """
    blocked = Block.objects.filter(blocker=place.user_id).values("blocked")
    unread = Message.objects.visible_to(place).still_said().filter(seq__gt=place.read_seq)
    told = unread.exclude(sender=place.user_id).exclude(sender__in=blocked)
    put_away = place.archived_seq is not None and place.room.kind == Room.Kind.GROUP
    if place.level != Membership.Level.MENTIONS and not put_away:
        return told
    named = Mention.objects.filter(Q(user=place.user_id) | Q(user=None), message=OuterRef("pk"))
    return told.filter(Exists(named))


def _with_others(found: list[News]) -> list[News]:
    rooms = {news.place.room_id for news in found if news.place.room.kind == Room.Kind.DIRECT}
    others = list(Membership.objects.filter(room__in=rooms).select_related("user")) if rooms else []
    for news in found:
        mine = news.place
        mine.others = [one for one in others if (one.room_id == mine.room_id) and one.user_id != mine.user_id]
    return found
