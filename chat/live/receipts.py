"""Reported pointers, merged in memory and written once a second: a person who scrolls reports often.

What a crash loses here is reported again by the client's next report.
"""

from chat.live.database import in_database
from chat.rooms.services import Progress, record_progress


class Receipts:
    """What this process's sockets reported since the last write."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], Progress] = {}

    def report(self, user_id: int, room_id: int, *, received: int = 0, read: int = 0) -> None:
        """One person received or read a room up to and with a place."""
        progress = self._waiting.setdefault((user_id, room_id), Progress(user_id, room_id))
        progress.merge(received, read)

    async def flush(self) -> None:
        """Writes what was reported; on failure keeps it for the next second."""
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, {}
        try:
            await in_database(record_progress, list(batch.values()))
        except Exception:
            for progress in batch.values():
                self.report(progress.user_id, progress.room_id, received=progress.received, read=progress.read)
            raise
