"""Where posts arrive: from sockets and HTTP alike, in the order they came.

One post of a room is written at a time, so its members' order of sending is the room's order; different rooms go side
by side. Writing what gathered meanwhile in one transaction belongs here: `post_messages` takes a list for that.
"""

import asyncio
from weakref import WeakValueDictionary

from chat.errors import ChatError, SlowDown
from chat.live.database import in_database
from chat.messages.services import Draft, Posted, post_messages

WAITING = 2_000  # posts of this process that may wait for the database


class Intake:
    """The posts of one process."""

    def __init__(self) -> None:
        # Forgotten once nobody holds or wants them.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._waiting = 0

    async def post(self, draft: Draft) -> Posted:
        """Stores the draft in its turn. Raises the `ChatError` that refuses it."""
        if self._waiting >= WAITING:
            raise SlowDown(retry_after=2.0)
        self._waiting += 1
        try:
            outcome = await self._in_turn(draft)
        finally:
            self._waiting -= 1
        if isinstance(outcome, ChatError):
            raise outcome
        return outcome

    async def _in_turn(self, draft: Draft) -> Posted | ChatError:
        turn = self._turns.setdefault(draft.room, asyncio.Lock())
        async with turn:
            return (await in_database(post_messages, [draft]))[0]
