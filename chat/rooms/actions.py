"""What each command of `commands.py` brings about: one service each."""

from typing import TypeVar

from msgspec import UnsetType

from chat.live.acting import Actions, Actor
from chat.rooms import commands
from chat.rooms.places import arrange_place, save_draft

T = TypeVar("T")


def _given(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


def place_set(actor: Actor, command: commands.PlaceSet) -> None:
    """Arranges the room in one's own list."""
    arrange_place(
        user_id=actor.user_id,
        room=command.room,
        pinned=_given(command.pinned),
        archived=_given(command.archived),
        muted=_given(command.muted),
        level=_given(command.level),
    )


def draft_set(actor: Actor, command: commands.DraftSet) -> None:
    """Keeps what one began to write."""
    save_draft(user_id=actor.user_id, room=command.room, body=command.body, reply_to=_given(command.reply_to))


ACTIONS: Actions = {commands.PlaceSet: place_set, commands.DraftSet: draft_set}
