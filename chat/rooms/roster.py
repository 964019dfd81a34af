"""Who is in a group, and which groups there are, as pages and scripts ask for it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.urls import resolve, reverse
from django.utils.text import slugify

from accounts.models import Block, User
from chat.models import Membership, Message, Room
from chat.models.rooms import MembershipQuerySet
from chat.people.presenters import Person, person

ASKED = 100  # people in one question
OFFERED = 8  # completions of a name
SHOWN = 5  # members beside the room
SEARCH_WORDS = 5


def slug(room: Room) -> str:
    """The group's name for its address: decoration, any other does as well. Empty where nothing is left of it."""
    made = slugify(room.name, allow_unicode=True)
    return f"room-{made}" if made and _is_page(made) else made


@lru_cache(maxsize=4096)
def _is_page(word: str) -> bool:
    """Whether something else stands behind a room's address at this word."""
    return resolve(reverse("chat:room-slug", args=["room", word])).url_name != "room-slug"


def avatar_url(room: Room) -> str | None:
    """Where the group's picture is, under a name that changes with the picture, or None."""
    if not room.avatar.name:
        return None
    version = room.avatar.name.rsplit("/", 1)[-1].removesuffix(".webp")
    return reverse("chat:group-avatar", args=[room.public_id, version])


def of_group(room: Room) -> dict[str, Any]:
    """What the wire's membership says of a group besides."""
    return {
        "topic": room.topic,
        "slug": slug(room),
        "avatar": avatar_url(room),
        "member_count": room.member_count,
        "is_open": room.is_open,
        "shows_history": room.shows_history,
        "is_announcement": room.is_announcement,
    }


# --- People -----------------------------------------------------------------------------------------------------------


def people_of(place: Membership, public_ids: Iterable[str]) -> list[Person]:
    """Those of these people who are or were in this member's room."""
    wanted = list(dict.fromkeys(public_ids))[:ASKED]
    here = Membership.objects.filter(room=place.room_id, user=OuterRef("pk"))
    return [person(user) for user in User.objects.filter(Exists(here), public_id__in=wanted).order_by("pk")]


def people_in(place: Membership, rows: Iterable[dict[str, Any]]) -> list[Person]:
    """Everybody whom these rows of the room name."""
    ids = [one for row in rows for one in named_in(row)]
    return people_of(place, ids) if ids else []


def named_in(row: dict[str, Any]) -> list[str]:
    """The public ids in a row: who says it, is answered, reacts, or is told of."""
    told = [row["sender"], row.get("reply", {}).get("sender"), *row.get("event", {}).get("people", [])]
    reacting = [one for _, users in row.get("reactions", []) for one in users]
    return [one for one in told + reacting if one]


def members(room: Room, text: str = "") -> MembershipQuerySet:
    """Who is in the group, those who keep order first, then by name; only who matches `text`, if given."""
    rank = Case(When(role="owner", then=Value(0)), When(role="moderator", then=Value(1)), default=Value(2))
    inside = Membership.objects.accepted().filter(room=room).select_related("user")
    if text:
        inside = inside.filter(user__in=User.objects.matching(text))
    return inside.annotate(rank=rank).order_by("rank", "user__name_key", "user_id")


def completions(place: Membership, text: str) -> list[Person]:
    """A few other members whose name or username begins as `text` does, for whoever is writing it.

    Nobody whom they blocked. Who blocked them is there, as among the members: else it would tell.
    """
    others = Membership.objects.accepted().filter(room=place.room_id).exclude(user=place.user_id)
    near = User.objects.filter(pk__in=others.values("user"), is_active=True)
    near = near.exclude(pk__in=place.user.blocks.values("blocked"))
    return [person(user) for user in near.matching(text).order_by("name_key", "pk")[:OFFERED]]


def seen_by(place: Membership, message: Message) -> MembershipQuerySet:
    """The other members who have read this member's own message and tell, the latest arrival last.

    Nobody who has receipts off, on either side, and nobody on either side of a block.
    """
    if not place.user.gives_receipts:
        return Membership.objects.none()
    others = Membership.objects.accepted().filter(room=place.room_id, user__gives_receipts=True)
    others = others.filter(shown_read_seq__gte=message.seq).exclude(user=place.user_id)
    either = Q(blocker=place.user_id, blocked=OuterRef("user")) | Q(blocker=OuterRef("user"), blocked=place.user_id)
    return others.filter(~Exists(Block.objects.filter(either))).select_related("user").order_by("joined_at", "pk")


def beside(place: Membership, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a group's page shows besides its messages: the first members, and everybody named in `rows`."""
    return {"members": list(members(place.room)[:SHOWN]), "people": people_in(place, rows)}


# --- Rooms ------------------------------------------------------------------------------------------------------------


def open_groups(user: User, text: str = "") -> QuerySet[Room]:
    """The groups that anybody may join, the liveliest first, each with `is_mine`: whether `user` is inside."""
    mine = Membership.objects.of(user).filter(room=OuterRef("pk"))
    rooms = Room.objects.filter(kind=Room.Kind.GROUP, is_open=True).annotate(is_mine=Exists(mine))
    for word in text.split()[:SEARCH_WORDS]:
        rooms = rooms.filter(Q(name__icontains=word) | Q(topic__icontains=word))
    return rooms.order_by(F("last_message_at").desc(nulls_last=True), "-pk")
