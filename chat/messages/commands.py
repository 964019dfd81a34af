"""What can be done with messages: the schemas of the commands that `actions.py` carries out."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from chat.live.schema import Command, Id, Positive


class MessageEdit(Command, frozen=True, kw_only=True, tag_field="type", tag="message.edit"):
    """Says something else in its place."""

    type = "message.edit"
    room: Id
    seq: Positive
    body: str
    client_id: UUID | UnsetType = UNSET


class MessageRemove(Command, frozen=True, kw_only=True, tag_field="type", tag="message.remove"):
    """Takes it back, for everybody."""

    type = "message.remove"
    room: Id
    seq: Positive
    client_id: UUID | UnsetType = UNSET


class MessagePin(Command, frozen=True, kw_only=True, tag_field="type", tag="message.pin"):
    """Keeps it where everybody in the room finds it, or no longer."""

    type = "message.pin"
    room: Id
    seq: Positive
    on: bool
    client_id: UUID | UnsetType = UNSET


class ReactionSet(Command, frozen=True, kw_only=True, tag_field="type", tag="reaction.set"):
    """Puts this person's one emoji on it, in the place of another, or takes it away."""

    type = "reaction.set"
    room: Id
    seq: Positive
    emoji: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool
    client_id: UUID | UnsetType = UNSET


class MessageStar(Command, frozen=True, kw_only=True, tag_field="type", tag="message.star"):
    """Keeps it where only this person finds it, or no longer."""

    type = "message.star"
    room: Id
    seq: Positive
    on: bool
    client_id: UUID | UnsetType = UNSET


class MessageHide(Command, frozen=True, kw_only=True, tag_field="type", tag="message.hide"):
    """Takes it from this person's sight, and nobody else's."""

    type = "message.hide"
    room: Id
    seq: Positive
    client_id: UUID | UnsetType = UNSET


class MessageForward(Command, frozen=True, kw_only=True, tag_field="type", tag="message.forward"):
    """Says it again in another room. The client id is that of the new message."""

    type = "message.forward"
    client_id: UUID
    room: Id
    seq: Positive
    to: Id


class RoomUnread(Command, frozen=True, kw_only=True, tag_field="type", tag="room.unread"):
    """Lets the room be unread from this place on, whatever was read, or no longer. Without a place: from the newest."""

    type = "room.unread"
    room: Id
    seq: Positive | UnsetType = UNSET
    on: bool = True
    client_id: UUID | UnsetType = UNSET


COMMANDS: tuple[type[Command], ...] = (
    MessageEdit,
    MessageRemove,
    MessagePin,
    ReactionSet,
    MessageStar,
    MessageHide,
    MessageForward,
    RoomUnread,
)
