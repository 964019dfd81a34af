"""What can be done with people: the schemas of the commands that `actions.py` carries out."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from chat.live.schema import Command, Id


class PersonBlock(Command, frozen=True, kw_only=True, tag_field="type", tag="person.block"):
    """Blocks a person, or unblocks them."""

    type = "person.block"
    user: Id
    on: bool
    client_id: UUID | UnsetType = UNSET


class RoomClose(Command, frozen=True, kw_only=True, tag_field="type", tag="room.close"):
    """Takes no more messages in a one-to-one room, or takes them again."""

    type = "room.close"
    room: Id
    on: bool
    client_id: UUID | UnsetType = UNSET


class RequestAccept(Command, frozen=True, kw_only=True, tag_field="type", tag="request.accept"):
    """Takes on the conversation that somebody asked for."""

    type = "request.accept"
    room: Id
    client_id: UUID | UnsetType = UNSET


class RequestDecline(Command, frozen=True, kw_only=True, tag_field="type", tag="request.decline"):
    """Deletes a request."""

    type = "request.decline"
    room: Id
    client_id: UUID | UnsetType = UNSET


COMMANDS: tuple[type[Command], ...] = (PersonBlock, RoomClose, RequestAccept, RequestDecline)
