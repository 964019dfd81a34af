"""Every command that a service carries out, for the socket and its HTTP twin alike."""

from typing import Any

from accounts.models import User
from chat.errors import SignedOut
from chat.live import limits
from chat.live.acting import Actions, Actor
from chat.live.frames import id_of
from chat.live.schema import Command
from chat.messages import actions as messages
from chat.people import actions as people
from chat.rooms import actions as rooms

ACTIONS: Actions = {**messages.ACTIONS, **rooms.ACTIONS, **people.ACTIONS}


def act(actor: Actor, command: Command) -> dict[str, Any] | None:
    """Carries the command out. Returns its `ack`, or None for a command that asked for no answer.

    Raises `SlowDown`, `SignedOut` for who may no longer act, and whatever refusal the service has.
    """
    limits.actions.check(actor.user_id)
    if not User.objects.standing(actor.user_id, actor.epoch):
        raise SignedOut
    result = ACTIONS[type(command)](actor, command)
    client_id = id_of(command)
    return {"type": "ack", "client_id": client_id, **(result or {})} if client_id else None
