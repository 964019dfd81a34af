"""Who may know of whom: the directory, profiles, presence and when somebody was last here."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from redis import RedisError

from accounts.models import Block, PersonQuerySet, User
from chat.errors import SlowDown
from chat.live import presence
from chat.models import Membership, Room
from chat.people.reach import shut_out_by, silent_towards, withdrawn_from

PAGE = 48  # people on a page of the directory: fills rows of two, three and four
AROUND = 50  # people shown as "around now"
TOGETHER = 20  # rooms shown on a person's page
CACHE_ILL = (RedisError, OSError)


def shares_room_with(viewer_id: int) -> Exists:
    """Whether the person of the outer query is in a room with `viewer_id`."""
    return Exists(Membership.objects.in_rooms_of(viewer_id).filter(user=OuterRef("pk")))


def keeps_company_with(viewer_id: int) -> Exists:
    """The same, and not only because they were put there: see `showing_themselves`."""
    return Exists(Membership.objects.in_rooms_of(viewer_id).showing_themselves().filter(user=OuterRef("pk")))


def people_visible_to(viewer: User) -> PersonQuerySet:
    """Whom `viewer` may look up: those in the directory, those met in a room (also after they left), whom `viewer`
    blocked, and oneself.
    """
    listed = Q(is_active=True, is_listed=True, must_verify_email=False) & ~withdrawn_from(viewer.pk)
    blocked = Q(pk__in=Block.objects.filter(blocker=viewer).values("blocked"))
    return User.objects.filter(listed | blocked | Q(pk=viewer.pk) | Q(shares_room_with(viewer.pk)))


def is_open_to(viewer: User, person: User) -> bool:
    """Whether `person`, whom `viewer` may look up, tells more than their name and picture."""
    return not User.objects.filter(withdrawn_from(viewer.pk), pk=person.pk).exists()


def rooms_together(viewer: User, person: User) -> QuerySet:
    """The groups that both are in, by name. Of oneself none."""
    if viewer == person:
        return Room.objects.none()
    mine, theirs = (Membership.objects.accepted().filter(user=user).values("room") for user in (viewer, person))
    both = Room.objects.filter(kind=Room.Kind.GROUP, pk__in=mine).filter(pk__in=theirs)
    return both.order_by("name")[:TOGETHER]


def direct_place(viewer: User, person: User) -> Membership | None:
    """The viewer's own place in the room of the two, if there is one and it isn't notes to self."""
    if viewer == person:
        return None
    mine = Membership.objects.of(viewer).filter(room__pair_key=Room.pair_key_of(viewer, person))
    return mine.select_related("room").first()


def people_whose_presence_shows(viewer_id: int, ids: set[int] | None = None) -> PersonQuerySet:
    """Those (of `ids`, if given) of whom `viewer_id` may know whether they are here.

    Who isn't in the directory shows it to people met in a room only, so that nobody can watch a stranger's id. Who
    shows it to nobody sees nobody's.
    """
    shown = _within(User.PresenceAudience, "presence_audience", viewer_id) & ~silent_towards(viewer_id)
    hiding = User.objects.filter(pk=viewer_id, presence_audience=User.PresenceAudience.NOBODY)
    people = User.objects.present().filter((shown & ~Q(Exists(hiding))) | Q(pk=viewer_id))
    return people if ids is None else people.filter(pk__in=ids)


def _within(audience: type[User.PresenceAudience], column: str, viewer_id: int) -> Q:
    """Whose choice in `column` includes this viewer."""
    everyone = Q(**{column: audience.EVERYONE}, is_listed=True)
    return everyone | (~Q(**{column: audience.NOBODY}) & Q(keeps_company_with(viewer_id)))


def record_last_seen(user_ids: set[int]) -> None:
    """These people just went: their last connection closed or ran out. Written at most once a minute for each."""
    now = timezone.now()
    due = Q(last_seen_at=None) | Q(last_seen_at__lt=now - timedelta(minutes=1))
    User.objects.filter(due, pk__in=user_ids).update(last_seen_at=now)


def last_seen(viewer: User, person: User) -> datetime | None:
    """When `person` was last here, if `viewer` may know: who may see that they are here, narrowed by their choice.

    Who doesn't tell isn't told.
    """
    audience = User.PresenceAudience
    if viewer == person or viewer.last_seen_audience == audience.NOBODY:
        return None
    shown = people_whose_presence_shows(viewer.pk, {person.pk})
    return person.last_seen_at if shown.filter(_within(audience, "last_seen_audience", viewer.pk)).exists() else None


def visible_presences(*, viewer_id: int, public_ids: list[str]) -> dict[str, int]:
    """Of these people, those whose presence `viewer_id` may see, as public id -> user id; always including oneself."""
    shown = people_whose_presence_shows(viewer_id).filter(public_id__in=public_ids)
    return dict(shown.values_list("public_id", "pk"))


def public_ids(user_ids: Iterable[int]) -> list[str]:
    """These people's public ids."""
    return list(User.objects.filter(pk__in=user_ids).values_list("public_id", flat=True))


def presence_audience(*, user_id: int, viewer_ids: set[int]) -> set[int]:
    """Who of `viewer_ids` may see now whether `user_id` is here: the same rule as above, from the other side."""
    person = User.objects.present().filter(pk=user_id).first()
    if person is None:
        return set()
    viewers = User.objects.filter(pk__in=viewer_ids).exclude(shut_out_by(person))
    willing = set(viewers.exclude(presence_audience=User.PresenceAudience.NOBODY).values_list("pk", flat=True))
    return (willing & _audience_of(person, willing)) | ({user_id} & viewer_ids)


def _audience_of(person: User, viewer_ids: set[int]) -> set[int]:
    audience = User.PresenceAudience
    if person.presence_audience == audience.EVERYONE and person.is_listed:
        return viewer_ids
    if person.presence_audience == audience.NOBODY:
        return set()
    theirs = Membership.objects.of(person).showing_themselves()
    met = Membership.objects.active().filter(room__in=theirs.values("room"), user__in=viewer_ids)
    return set(met.values_list("user", flat=True))


def deaf_to_typing(*, user_id: int, room_id: int) -> set[int] | None:
    """Who in the room isn't told that this person is writing: who doesn't tell either, who hasn't accepted their
    request, and whoever of the two blocked the other. None if nobody is told.
    """
    writes = (Membership.Posting.FREE, Membership.Posting.ASKING)
    inside = Membership.objects.active().filter(room=room_id)
    if not inside.filter(user=user_id, user__gives_typing=True, posting__in=writes).exists():
        return None
    either = Q(blocker=user_id, blocked=OuterRef("user")) | Q(blocker=OuterRef("user"), blocked=user_id)
    deaf = Q(user__gives_typing=False) | Q(state=Membership.State.REQUEST) | Exists(Block.objects.filter(either))
    return set(inside.filter(deaf).values_list("user", flat=True))


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
    people = User.objects.listed().exclude(withdrawn_from(viewer.pk)).matching(text).by_name()
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
