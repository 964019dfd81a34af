"""What the tests of search share."""

from uuid import uuid4

from accounts.models import User
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership, Message, Room
from chat.search.indexing import bring_up_to_date
from chat.search.query import parse
from chat.search.services import search_messages


def make_group(name: str, *members: User, **fields: object) -> Room:
    """A room with a name and these people in it."""
    room = Room.objects.create(kind=Room.Kind.GROUP, name=name, member_count=len(members), **fields)
    Membership.objects.bulk_create(Membership(room=room, user=member, version=1) for member in members)
    return room


def say(room: Room, sender: User, *bodies: str) -> Message:
    """`sender` says these things. Returns the last message."""
    drafts = [Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body) for body in bodies]
    assert all(isinstance(outcome, Posted) for outcome in post_messages(drafts))
    return Message.objects.filter(room=room).latest("seq")


def index() -> int:
    """What the job does, once."""
    return bring_up_to_date(seconds=10)


def found(user: User, typed: str) -> list[str]:
    """The texts of what this person finds, newest first."""
    return [hit.message.body for hit in search_messages(user, parse(typed)).hits]
