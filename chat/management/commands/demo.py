"""`manage.py demo`: a few people and a week of their talk, to try the site with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from chat.demo.people import PEOPLE
from chat.demo.scene import found_group, somebody, talk
from chat.demo.talk import GROUPS, REQUESTS, ROOMS
from chat.people.requests import room_with
from chat.rooms.services import open_direct_room


class Command(BaseCommand):
    """Makes the demo, once; a second run changes nothing."""

    help = "Makes a few demo people with a week of talk. Only with DEBUG: everybody knows their password."

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo people have a password that everybody knows, so they need DEBUG=1 and not DEMO=0.")
        strangers = User.objects.filter(username__in=[person.username for person in PEOPLE], is_demo=False)
        if names := list(strangers.values_list("username", flat=True)):
            self.stdout.write(f"No demo: {', '.join(names)} already means somebody else here.")
            return
        make()
        names = [person.username for person in PEOPLE]
        self.stdout.write(f"\n  Demo people: {', '.join(names)}\n  Password:    {DEMO_PASSWORD}")


def make() -> None:
    """People, rooms and talk."""
    cast = {person.username: somebody(person) for person in PEOPLE}
    now = timezone.now()
    for one, other, script in REQUESTS:  # before they share a room with anybody
        talk(cast, room_with(cast[other], opener=cast[one]), script, now)
    for one, other, script in ROOMS:
        talk(cast, open_direct_room(opener=cast[one], other=cast[other]), script, now)
    for name, topic, is_open, owner, others, script in GROUPS:
        room = found_group(cast, name, topic, is_open=is_open, owner=owner, others=others)
        talk(cast, room, script, now)
