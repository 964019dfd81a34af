"""`manage.py demo`: a few people and a week of their talk, to try the site with."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from accounts.services import set_avatar
from chat.demo.people import PEOPLE, Person
from chat.demo.talk import ROOMS, Line, lines
from chat.errors import ChatError
from chat.messages.services import Draft, post_messages
from chat.models import Message
from chat.rooms.services import Progress, open_direct_room, record_progress


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
        people = {person.username: somebody(person) for person in PEOPLE}
        now = timezone.now()
        for one, other, script in ROOMS:
            talk(people[one], people[other], script, now)
        self.stdout.write(f"\n  Demo people: {', '.join(people)}\n  Password:    {DEMO_PASSWORD}")


def somebody(person: Person) -> User:
    """The demo person's account, made on first use."""
    found = User.objects.named(person.username).first()
    if found:
        return found
    user = User.objects.create_user(
        username=person.username,
        password=DEMO_PASSWORD,
        display_name=person.name,
        bio=person.bio,
        status_text=person.status,
        time_zone=person.zone,
        is_demo=True,
    )
    if person.face:
        set_avatar(user=user, picture=person.face)
    return user


def talk(one: User, other: User, script: str, now: datetime) -> None:
    """Lets two people say what their script says, unless they have talked before. Raises what refuses a line."""
    room = open_direct_room(opener=one, other=other)
    if Message.objects.filter(room=room).exists():
        return
    said = list(lines(script, now))
    cast = {one.username: one, other.username: other}
    drafts = [
        Draft(
            sender_id=cast[line.who].pk,
            room=room.public_id,
            client_id=uuid.uuid4(),
            body=line.text,
            created_at=line.at,
        )
        for line in said
    ]
    for outcome in post_messages(drafts):
        if isinstance(outcome, ChatError):
            raise outcome
    record_progress(
        [
            Progress(user_id=user.pk, room_id=room.pk, received=len(said), read=read_until(said, user.username))
            for user in cast.values()
        ]
    )


def read_until(said: list[Line], username: str) -> int:
    """The place of the last line this person has read: up to the first unread one of somebody else."""
    for place, line in enumerate(said):
        if line.unread and line.who != username:
            return place
    return len(said)
