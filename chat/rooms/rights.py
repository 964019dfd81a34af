"""What each role may do in a group."""

from enum import Enum

from chat.errors import NotAllowed
from chat.models import Membership, Room

Role = Membership.Role


class Right(Enum):
    """Something that not everybody in a group may do."""

    CHANGE = "change what the room is called, how it looks and its rules"
    TOPIC = "say what it is about"
    INVITE = "bring people in"
    REMOVE = "show people out"
    ROLES = "say who is what"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MODERATOR: frozenset({Right.TOPIC, Right.INVITE, Right.REMOVE}),
    Role.MEMBER: frozenset(),
}
RANK = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.OWNER: 2}


def may(place: Membership, right: Right) -> bool:
    """Whether this member, whose `.room` is loaded, may do that. Nobody may in a room that isn't a group."""
    if place.room.kind != Room.Kind.GROUP or place.state != Membership.State.MEMBER:
        return False
    return right in RIGHTS[place.role] or (right is Right.INVITE and place.room.members_invite)


def check(place: Membership, *rights: Right) -> None:
    """Raises `NotAllowed` for who may not do all of that."""
    if not all(may(place, right) for right in rights):
        raise NotAllowed


def outranks(place: Membership, other: Membership) -> bool:
    """Whether this member may show that one out: owners everybody but owners, moderators members."""
    return may(place, Right.REMOVE) and RANK[Role(place.role)] > RANK[Role(other.role)]
