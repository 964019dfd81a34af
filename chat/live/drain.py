"""The end of a process: nobody new comes in, everybody inside is told when to come back."""

import random
import threading

from chat.live import hub

SPREAD_SECONDS = 5.0
SOCKETS_PER_SECOND = 50
BYE_SECONDS = 0.2

_begun = threading.Event()


def begin() -> None:
    """From now on this process isn't ready and takes no new socket."""
    _begun.set()


def begun() -> bool:
    """Whether this process is about to end."""
    return _begun.is_set()


def spread(sockets: int) -> float:
    """Over how many seconds to send so many sockets away: few at once, many so that they don't return as a herd."""
    return min(SPREAD_SECONDS, sockets / SOCKETS_PER_SECOND)


def pause(seconds: float) -> float:
    """A random moment within `seconds`, a little late so that `bye` goes out first."""
    return BYE_SECONDS + random.uniform(0, seconds)  # noqa: S311 - spreading load, not keeping secrets


def say_bye(seconds: float) -> None:
    """Tells every socket of this process that it ends, and how long to wait before coming back."""
    if here := hub.current():
        here.say_bye(seconds)


async def finish() -> None:
    """Writes what the hub still keeps in memory. Called once all sockets are gone."""
    if here := hub.current():
        await here.finish()
