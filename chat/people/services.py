"""Who may know of whom: the directory, profiles and presence. Blocks join here when they come."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from redis import RedisError

from accounts.models import PersonQuerySet, User
from chat.errors import SlowDown
from chat.live import limits, presence
from chat.models import Membership, Room
from chat.rooms.services import open_direct_room

PAGE = 48  # people on a page of the directory: fills rows of two, three and four
AROUND = 50  # people shown as "around now"
CACHE_ILL = (RedisError, OSError)


def shares_room_with(viewer_id: int) -> Exists:
    """Whether the person of the outer query is in a room with `viewer_id`."""
    return Exists(Membership.objects.in_rooms_of(viewer_id).filter(user=OuterRef("pk")))


def keeps_company_with(viewer_id: int) -> Exists:
    """The same, and not only because they were put there: see `showing_themselves`."""
    return Exists(Membership.objects.in_rooms_of(viewer_id).showing_themselves().filter(user=OuterRef("pk")))


def people_visible_to(viewer: User) -> PersonQuerySet:
    """Whom `viewer` may look up: those in the directory, those met in a room (also after they left), and oneself."""
    listed = Q(is_active=True, is_listed=True, must_verify_email=False)
    return User.objects.filter(listed | Q(pk=viewer.pk) | Q(shares_room_with(viewer.pk)))


def room_with(person: User, *, opener: User) -> Room:
    """The room of the two, opened if need be. Raises `SlowDown` for who opens rooms with one stranger after another."""
    known = Room.objects.filter(pair_key=Room.pair_key_of(opener, person)).first()
    if known is None:
        limits.openings.check(opener.pk)
    return known or open_direct_room(opener=opener, other=person)


def people_whose_presence_shows(viewer_id: int, ids: set[int] | None = None) -> PersonQuerySet:
    """Those (of `ids`, if given) of whom `viewer_id` may know whether they are here.

    Who isn't in the directory shows it to people met in a room only, so that nobody can watch a stranger's id.
    """
    audience = User.PresenceAudience
    shown = (
        Q(presence_audience=audience.EVERYONE, is_listed=True)
        | (~Q(presence_audience=audience.NOBODY) & Q(keeps_company_with(viewer_id)))
        | Q(pk=viewer_id)
    )
    people = User.objects.present().filter(shown)
    return people if ids is None else people.filter(pk__in=ids)


def visible_presences(*, viewer_id: int, public_ids: list[str]) -> dict[str, int]:
    """Of these people, those whose presence `viewer_id` may see, as public id -> user id; always including oneself."""
    shown = people_whose_presence_shows(viewer_id).filter(public_id__in=public_ids)
    return dict(shown.values_list("public_id", "pk"))


def presence_audience(*, user_id: int, viewer_ids: set[int]) -> set[int]:
    """Who of `viewer_ids` may see now whether `user_id` is here: the same rule as above, from the other side."""
    person = User.objects.present().filter(pk=user_id).first()
    if person is None:
        return set()
    audience = User.PresenceAudience
    if person.presence_audience == audience.EVERYONE and person.is_listed:
        return set(viewer_ids)
    others = set()
    if person.presence_audience != audience.NOBODY:
        theirs = Membership.objects.of(person).showing_themselves()
        viewers = Membership.objects.active().filter(room__in=theirs.values("room"), user__in=viewer_ids)
        others = set(viewers.values_list("user", flat=True))
    return others | ({user_id} & viewer_ids)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the directory a page ends: the last one's name and number, so that arrivals shift nothing."""

    name_key: str
    pk: int

    @classmethod
    def of(cls, person: User) -> "Place":
        """The place right after `person`."""
        return cls(person.name_key, person.pk)

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """What `str(place)` wrote, or None when that isn't what `text` is."""
        pk, dot, name_key = text.partition(".")
        return cls(name_key, int(pk)) if dot and pk.isascii() and pk.isdecimal() and len(pk) < 19 else None

    def __str__(self) -> str:
        return f"{self.pk}.{self.name_key}"


class Show(TextChoices):
    """Which part of the directory one looks at."""

    EVERYONE = "", "Everyone"
    AROUND = "now", "Around now"
    NEW = "new", "New this week"


def directory(viewer: User, *, text: str = "", show: str = Show.EVERYONE, after: Place | None = None) -> QuerySet:
    """One page by name, and one person more where there is a next page."""
    people = User.objects.listed().matching(text).by_name()
    if show == Show.NEW:
        people = people.filter(date_joined__gte=timezone.now() - timedelta(days=7))
    if show == Show.AROUND:
        people = people.filter(pk__in=_around(viewer))
    if after:
        people = people.after(after.name_key, after.pk)
    return people[: PAGE + 1]


def around_now(viewer: User) -> list[User]:
    """At most `AROUND` others from the directory who are here and let `viewer` know, the latest arrival first."""
    newest = presence.store().newest(AROUND * 4)
    shown = people_whose_presence_shows(viewer.pk, set(newest)).filter(is_listed=True).exclude(pk=viewer.pk).in_bulk()
    return [shown[pk] for pk in newest if pk in shown][:AROUND]


def online_among(viewer: User, people: Iterable[User]) -> set[int]:
    """The ids of those who are here, as far as `viewer` may know."""
    here = presence.store().online(person.pk for person in people)
    if not here:
        return set()
    return set(people_whose_presence_shows(viewer.pk, here).values_list("pk", flat=True))


def member_count() -> int:
    """How many are in the directory, at most a minute old."""
    try:
        return cache.get_or_set("people:count", User.objects.listed().count, 60) or 0
    except CACHE_ILL:
        return User.objects.listed().count()


def count_search(viewer: User) -> None:
    """Counts one search. Raises `SlowDown` when it is one too many in this minute, over all processes."""
    minute, second = divmod(int(time.time()), 60)
    key = f"people:searches:{viewer.pk}:{minute}"
    try:
        cache.add(key, 0, 120)
        used = cache.incr(key)
    except (ValueError, *CACHE_ILL):  # evicted in between, or no cache to ask: searching goes on
        return
    if used > settings.LIMITS["SEARCHES_PER_MINUTE"]:
        raise SlowDown("That’s a lot of searching. Please wait a minute.", retry_after=60 - second)


def _around(viewer: User) -> QuerySet:
    newest = presence.store().newest(1000)
    return people_whose_presence_shows(viewer.pk, set(newest)).exclude(pk=viewer.pk).values("pk")
