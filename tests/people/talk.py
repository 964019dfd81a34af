"""Shortcuts for tests of people who talk, or would like to."""

from uuid import uuid4

from accounts.models import User
from chat.errors import ChatError
from chat.messages.drafts import Draft
from chat.messages.services import post_messages
from chat.models import Membership, Room


def say(room: Room, sender: User, body: str = "hello") -> str:
    """Posts; returns "sent" or the refusal's code."""
    draft = Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body)
    outcome = post_messages([draft])[0]
    return outcome.code if isinstance(outcome, ChatError) else "sent"


def group_of(*people: User, name: str = "Runners") -> Room:
    """A group of these people, who haven't said anything yet."""
    room = Room.objects.create(kind=Room.Kind.GROUP, name=name, member_count=len(people))
    Membership.objects.bulk_create(Membership(room=room, user=person) for person in people)
    return room


def place(room: Room, person: User) -> Membership:
    """The person's place as it is stored now."""
    return Membership.objects.get(room=room, user=person)
