"""Makes the people and rooms of a run, and prints them as JSON: `python -m tests.chaos.cast`.

A process of its own, because a run is a black box: it knows the site by its address only, and cookies.
"""

import json
import secrets
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402

from accounts.models import User  # noqa: E402
from chat.rooms.services import open_direct_room  # noqa: E402
from tests.base import session_key  # noqa: E402
from tests.factories import make_user  # noqa: E402

PEOPLE = 20
NOTES = 2  # rooms with oneself, beside a room for each pair


def main() -> None:
    """Twenty people in twelve rooms: ten pairs, and two who also keep notes to themselves."""
    troupe = secrets.token_hex(3)
    people = [make_user(f"chaos-{troupe}-{number}") for number in range(PEOPLE)]
    pairs = list(zip(people[::2], people[1::2], strict=True)) + [(person, person) for person in people[:NOTES]]
    rooms = {open_direct_room(opener=one, other=other).public_id: {one, other} for one, other in pairs}
    json.dump({"people": {person.public_id: cookie(person) for person in people}, "rooms": named(rooms)}, sys.stdout)


def cookie(person: User) -> str:
    """The Cookie header of a session."""
    return f"{settings.SESSION_COOKIE_NAME}={session_key(person)}"


def named(rooms: dict[str, set[User]]) -> dict[str, list[str]]:
    """Rooms and people by their public ids."""
    return {room: sorted(person.public_id for person in people) for room, people in rooms.items()}


if __name__ == "__main__":
    main()
