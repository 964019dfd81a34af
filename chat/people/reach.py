"""Who is there for whom: blocks, closed conversations and "nobody may write to me", as conditions on people.

Whoever withdrew is left out in the same way whatever the reason, so that none can be told from another.
"""

from django.db.models import Q, QuerySet

from accounts.models import Block, User
from chat.models import Membership, Room

State = Membership.State


def withdrawn_from(viewer_id: int) -> Q:
    """People who aren't there for this viewer: who blocked them, closed the room of the two or takes no messages from
    anybody; and whom the viewer blocked. Nobody is withdrawn from themselves.
    """
    blocked_by, blocked = Block.objects.filter(blocked=viewer_id), Block.objects.filter(blocker=viewer_id)
    away = (
        Q(write_audience=User.WriteAudience.NOBODY)
        | Q(pk__in=blocked_by.values("blocker"))
        | Q(pk__in=blocked.values("blocked"))
        | Q(pk__in=_across(viewer_id, Q(is_closed=True)))
    )
    return away & ~Q(pk=viewer_id)


def silent_towards(viewer_id: int) -> Q:
    """The same, and those who haven't accepted this viewer's request: whether they ever will isn't given away."""
    unanswered = Q(state__in=(State.REQUEST, State.DECLINED))
    return withdrawn_from(viewer_id) | (Q(pk__in=_across(viewer_id, unanswered)) & ~Q(pk=viewer_id))


def _across(viewer_id: int, which: Q) -> QuerySet:
    """The ids of those in a one-to-one room with this viewer whose place is so."""
    mine = Membership.objects.filter(user=viewer_id, room__kind=Room.Kind.DIRECT)
    return Membership.objects.filter(which, room__in=mine.values("room")).exclude(user=viewer_id).values("user")


def shut_out_by(person: User) -> Q:
    """The viewers for whom `person` is silent: the same rule, seen from the other side."""
    if person.write_audience == User.WriteAudience.NOBODY:
        return ~Q(pk=person.pk)
    shut = Q(is_closed=True) | Q(state__in=(State.REQUEST, State.DECLINED))
    rooms = Membership.objects.filter(shut, user=person, room__kind=Room.Kind.DIRECT).values("room")
    return (
        Q(pk__in=Block.objects.filter(blocker=person).values("blocked"))
        | Q(pk__in=Block.objects.filter(blocked=person).values("blocker"))
        | Q(pk__in=Membership.objects.filter(room__in=rooms).exclude(user=person).values("user"))
    )


def takes_from(person: User, sender_id: int) -> bool:
    """Whether `person` takes anything from this sender: the one question behind opening, adding and naming."""
    if User.objects.filter(withdrawn_from(sender_id), pk=person.pk).exists():
        return False
    return person.write_audience != User.WriteAudience.SHARED or keep_company(person.pk, sender_id)


def keep_company(one: int, other: int) -> bool:
    """Whether these two (ids) share a room besides their own."""
    theirs = Membership.objects.accepted().filter(user=other).exclude(room__kind=Room.Kind.DIRECT)
    return Membership.objects.accepted().filter(user=one, room__in=theirs.values("room")).exists()
