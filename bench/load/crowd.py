"""Who talks: the people, rooms and servers of a run, and getting all of them connected."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from bench.load.ledger import Ledger
from bench.load.talkers import DIALECTS, Talker

AT_ONCE = 32  # handshakes under way


@dataclass
class Crowd:
    """Seeded people (two for each room) and the servers that they use."""

    dialect: str
    urls: list[str]
    cookie: str  # the session cookie's name
    sessions: list[str]
    rooms: list[str]

    def talker(self, person: int, ledger: Ledger) -> Talker:
        """One person, not connected yet. The streams of a ledger are the people's numbers."""
        return DIALECTS[self.dialect](person, self.rooms[person // 2], ledger)

    async def connect(self, talker: Talker) -> None:
        """Connects; the two of a pair to different servers, where there are two."""
        url = self.urls[talker.stream % len(self.urls)]
        await talker.connect(url, f"{self.cookie}={self.sessions[talker.stream]}")

    async def gather(self, people: Iterable[int], ledger: Ledger) -> list[Talker]:
        """Connects all of these, some at a time. Raises on the first that fails."""
        waiting = iter([self.talker(person, ledger) for person in people])
        ready: list[Talker] = []

        async def usher() -> None:
            for talker in waiting:
                await self.connect(talker)
                ready.append(talker)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(usher())
        return sorted(ready, key=lambda talker: talker.stream)
