"""Prepares a site's empty database: tables, people in pairs, a session for each of them.

`DJANGO_SETTINGS_MODULE=... python -m bench.seed <pairs>` prints as JSON what the load generator needs to know.
"""

import json
import sys
from importlib import import_module

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402 - after the setup
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.auth.base_user import AbstractBaseUser  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

User = get_user_model()
PEOPLE_AT_ONCE = 500


def main(pairs: int) -> None:
    """Migrates, seeds, and prints."""
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the tutorial's own table, which has no migration
    people = User.objects.bulk_create(_person(number) for number in range(2 * pairs))
    print(
        json.dumps(
            {
                "cookie": settings.SESSION_COOKIE_NAME,
                "sessions": make_sessions(people),
                "rooms": make_rooms(people),
            }
        )
    )
    connections.close_all()  # SQLite's file is whole then, and may be copied


def _person(number: int) -> AbstractBaseUser:
    names = {"display_name": f"Person {number}"} if hasattr(User, "display_name") else {}
    return User(username=f"person{number}", password=f"!{number}", **names)


def make_sessions(people: list) -> list[str]:
    """Signs everybody in. Returns the session keys."""
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = []
    for person in people:
        data = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        sessions.append(engine(f"bench{person.pk:027d}").create_model_instance(data))
    engine().model.objects.bulk_create(sessions, batch_size=PEOPLE_AT_ONCE)
    return [session.session_key for session in sessions]


def make_rooms(people: list) -> list[str]:
    """The names of one room for each two people. The tutorial's rooms are made by naming them."""
    pairs = list(zip(people[::2], people[1::2], strict=True))
    if not apps.is_installed("chat"):
        return [f"pair{number}" for number in range(len(pairs))]
    Room, Membership = apps.get_model("chat", "Room"), apps.get_model("chat", "Membership")  # noqa: N806 - classes
    rooms = Room.objects.bulk_create(Room(kind=Room.Kind.DIRECT, pair_key=Room.pair_key_of(*pair)) for pair in pairs)
    places = (
        Membership(room=room, user=user, version=1) for room, pair in zip(rooms, pairs, strict=True) for user in pair
    )
    Membership.objects.bulk_create(places, batch_size=PEOPLE_AT_ONCE)
    return [room.public_id for room in rooms]


if __name__ == "__main__":
    main(int(sys.argv[1]))
