"""Reported pointers, merged in memory and written once a second: a person who scrolls reports often.

What a crash loses here is reported again by the client's next report.
"""

import logging

from django.db import DatabaseError

from chat.live.database import in_database
from chat.rooms.services import CHUNK, Progress, record_progress

log = logging.getLogger(__name__)

WAITING = 20_000  # reports kept while the database is away; devices report again anyway


class Receipts:
    """What this process's sockets reported since the last write."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], Progress] = {}

    def report(self, user_id: int, room_id: int, *, received: int = 0, read: int = 0) -> None:
        """One person received or read a room up to and with a place."""
        progress = self._waiting.setdefault((user_id, room_id), Progress(user_id, room_id))
        progress.merge(received, read)

    async def flush(self) -> None:
        """Writes what was reported, a chunk at a time; what failed waits for the next second, what came later wins."""
        batch, self._waiting = list(self._waiting.values()), {}
        for start in range(0, len(batch), CHUNK):
            await self._write(batch[start : start + CHUNK])

    async def _write(self, chunk: list[Progress]) -> None:
        try:
            await in_database(record_progress, chunk)
        except DatabaseError as error:
            log.warning("%d receipts wait: %s", len(chunk), type(error).__name__)
            for progress in chunk if len(self._waiting) < WAITING else []:
                self.report(progress.user_id, progress.room_id, received=progress.received, read=progress.read)
