"""The terms between commands and the services that carry them out."""

from collections.abc import Callable
from typing import Any, NamedTuple

from chat.live.schema import Command


class Actor(NamedTuple):
    """Who asks, as of the moment their socket opened or their request came in."""

    user_id: int
    epoch: int | None = None  # their access_epoch then; None: just checked


# Calls one service, in a database thread. Returns what the answer says besides its client_id, or raises a ChatError.
Action = Callable[[Actor, Any], dict[str, Any] | None]
Actions = dict[type[Command], Action]
