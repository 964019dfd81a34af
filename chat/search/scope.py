"""Where one person may search: their rooms of now, from where on, and whose messages they don't want to see.

The rule of `MessageQuerySet.visible_to`, for all rooms at once. Everything that is found comes through here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import Block, User
from chat.models import Attachment, HiddenMessage, Membership, Message, Room
from chat.rooms.presenters import title
from chat.search.query import Has, Query
from chat.search.words import fold

ME = "me"
LINK = ("http", "://")  # what the words of a message with a link have


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person's query may find, and which words it asks for."""

    user: User
    rooms: list[int]
    has_floors: bool  # in some of the rooms they may not look back to the beginning
    blocked: list[int]
    senders: list[int] | None  # None: anybody
    query: Query

    @property
    def is_void(self) -> bool:
        """Whether nothing can be found: no room, or nobody with that name."""
        return not self.rooms or self.senders == []

    @property
    def terms(self) -> tuple[str, ...]:
        """What the words must contain."""
        return self.query.terms + (LINK if Has.LINK in self.query.has else ())

    def conditions(self, prefix: str = "") -> Q:
        """What holds for each message they may find. `prefix` leads to the message: "" or "message__"."""

        def q(**wanted: object) -> Q:
            return Q(**{prefix + name: value for name, value in wanted.items()})

        found = q(kind=Message.Kind.TEXT, removed_at=None) & Q(~self._hidden(prefix))
        if self.has_floors:
            found &= q(seq__gte=self._floor(prefix))
        if self.blocked:
            found &= ~q(sender__in=self.blocked)
        if self.senders is not None:
            found &= q(sender__in=self.senders)
        if Has.PIN in self.query.has:
            found &= q(pinned_at__isnull=False)
        if Has.FILE in self.query.has:
            found &= Q(self._files(prefix))
        if Has.IMAGE in self.query.has:
            found &= Q(self._files(prefix, kind=Attachment.Kind.IMAGE))
        return found

    def when(self, column: str) -> Q:
        """That it was said in the days that were asked for, by the person's own clock."""
        found = Q()
        if self.query.after:
            found &= Q(**{f"{column}__gte": start_of(self.query.after)})
        if self.query.before:
            found &= Q(**{f"{column}__lt": start_of(self.query.before)})
        return found

    def _hidden(self, prefix: str) -> Exists:
        return Exists(HiddenMessage.objects.filter(user=self.user, message=OuterRef(f"{prefix}pk")))

    def _floor(self, prefix: str) -> Subquery:
        places = Membership.objects.filter(user=self.user, room=OuterRef(f"{prefix}room"))
        return Subquery(places.values("visible_from_seq")[:1])

    def _files(self, prefix: str, **wanted: str) -> Exists:
        return Exists(Attachment.objects.filter(message=OuterRef(f"{prefix}pk"), **wanted))


def start_of(day: date) -> datetime:
    """The moment when `day` begins for the person who asks."""
    return timezone.make_aware(datetime.combine(day, time.min))


def scope_of(user: User, query: Query) -> Scope:
    """What `query` may find for `user`."""
    places = list(_places(user, query.rooms))
    return Scope(
        user=user,
        rooms=[place.room_id for place in places],
        has_floors=any(place.visible_from_seq > 1 for place in places),
        blocked=list(Block.objects.filter(blocker=user).values_list("blocked", flat=True)),
        senders=_senders(user, query.senders) if query.senders else None,
        query=query,
    )


def _places(user: User, wanted: tuple[str, ...]) -> Iterable[Membership]:
    """The user's places in the rooms that are named, in all of them if none is."""
    mine = Membership.objects.accepted().filter(user=user)
    if not wanted:
        return mine.only("room_id", "visible_from_seq")
    return [place for place in named_places(user) if any(_is_named(place, name) for name in wanted)]


def named_places(user: User, rooms: Iterable[int] | None = None) -> list[Membership]:
    """The user's places (in these rooms) with what rooms are called by: `room`, and `others` of one-to-one rooms."""
    mine = Membership.objects.accepted().filter(user=user).select_related("room")
    places = list(mine if rooms is None else mine.filter(room__in=rooms))
    direct = [place.room_id for place in places if place.room.kind == Room.Kind.DIRECT]
    others: dict[int, list[Membership]] = {}
    for other in Membership.objects.filter(room__in=direct).exclude(user=user).select_related("user"):
        others.setdefault(other.room_id, []).append(other)
    for place in places:
        place.others = others.get(place.room_id, [])
    return places


def _is_named(place: Membership, name: str) -> bool:
    """Whether `name` is the room's id, or a part of what it is called."""
    if place.room.public_id == name:
        return True
    called = [title(place), *(f"@{other.user.username}" for other in place.others)]
    return bool(fold(name)) and any(fold(name) in fold(one) for one in called)


def _senders(user: User, names: tuple[str, ...]) -> list[int]:
    found = {user.pk} if ME in names else set()
    for name in names:
        found |= set(User.objects.named(name).values_list("pk", flat=True))
    return sorted(found)
