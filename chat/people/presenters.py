"""A person as others see them: on the wire and in the directory."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import User

Person = dict[str, str | int | None]


def person(user: User) -> Person:
    """`user` as the wire's person: id, name, username, initials, hue (0 to 9) and the picture's address or None."""
    return {
        "id": user.public_id,
        "name": user.name,
        "username": user.username,
        "initials": user.initials,
        "hue": user.hue,
        "avatar": avatar_url(user),
    }


def avatar_url(user: User) -> str | None:
    """Where `user`'s picture is, under a name that changes with the picture, or None."""
    if not user.avatar.name:
        return None
    version = user.avatar.name.rsplit("/", 1)[-1].removesuffix(".webp")
    return reverse("accounts:avatar", args=[user.public_id, version])


@dataclass(frozen=True, slots=True)
class Card:
    """A person in the directory, as `viewer` sees them."""

    person: User
    is_online: bool
    is_me: bool
    arrival: str


def cards(people: list[User], *, viewer: User, online: set[int]) -> list[Card]:
    """What the directory shows of each."""
    today = timezone.localdate()
    return [Card(one, one.pk in online, one.pk == viewer.pk, _arrival(one, today)) for one in people]


def _arrival(person: User, today: date) -> str:
    joined = timezone.localdate(person.date_joined)
    if joined >= today:
        return "Joined today"
    if joined > today - timedelta(days=7):
        return "New this week"
    return f"Here since {joined:%b %Y}"
