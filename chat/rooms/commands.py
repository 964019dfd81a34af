"""What can be done with rooms: the schemas of the commands that `actions.py` carries out."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from chat.live.schema import Command, Id, Positive


class PlaceSet(Command, frozen=True, kw_only=True, tag_field="type", tag="place.set"):
    """How one wants a room kept in one's own list. Only what is given changes."""

    type = "place.set"
    room: Id
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    muted: Literal["1h", "8h", "always", "off"] | UnsetType = UNSET
    level: Literal["all", "mentions", "nothing"] | UnsetType = UNSET
    client_id: UUID | UnsetType = UNSET


class DraftSet(Command, frozen=True, kw_only=True, tag_field="type", tag="draft.set"):
    """What one began to write in a room, for one's other devices; an empty one is none."""

    type = "draft.set"
    room: Id
    body: Annotated[str, Meta(max_length=64 * 1024)]
    reply_to: Positive | UnsetType = UNSET
    client_id: UUID | UnsetType = UNSET


COMMANDS: tuple[type[Command], ...] = (PlaceSet, DraftSet)
