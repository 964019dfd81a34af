"""Everything of a run in its place: two web processes, a proxy before them, one before Postgres, one before Redis."""

import asyncio
import json
from dataclasses import dataclass
from random import Random

import psycopg

from tests.chaos.ledger import Row
from tests.chaos.proxy import Proxy
from tests.chaos.services import Services, Web

STORED = """
SELECT room.public_id, seq, sender.public_id, client_id::text, body
FROM chat_message JOIN chat_room room ON room.id = room_id JOIN accounts_user sender ON sender.id = sender_id
WHERE room.public_id = ANY(%s) ORDER BY room_id, seq
"""
COUNTERS = "SELECT public_id, last_rev FROM chat_room WHERE public_id = ANY(%s)"


@dataclass
class Truth:
    """What Postgres holds of a run's rooms."""

    rows: dict[str, list[Row]]
    counters: dict[str, int]


class Stage:
    """Starts with `async with`. What happens on it is up to `faults.py` and `player.py`."""

    def __init__(self, services: Services, dice: Random, *, module: str = "mychat.server", **extra: str) -> None:
        self.services, self.dice = services, dice
        self.postgres, self.redis = services.postgres, services.redis
        self.module, self.extra = module, extra
        self.webs: list[Web] = []
        self.proxies: list[Proxy] = []

    async def __aenter__(self) -> "Stage":
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stop()

    async def _start(self) -> None:
        cast = json.loads(await asyncio.to_thread(self.services.run, self._environment(), "-m", "tests.chaos.cast"))
        self.cookies: dict[str, str] = cast["people"]
        self.rooms: dict[str, list[str]] = cast["rooms"]
        self.database = await self._proxy(self.postgres.port)
        self.hints = await self._proxy(self.redis.port)
        environment = self._environment(self.database.port, self.hints.port)
        logs = [self.services.directory / f"web-{number}.log" for number in (1, 2)]
        self.webs = [Web(environment, log, module=self.module) for log in logs]
        await asyncio.gather(*(asyncio.to_thread(web.start) for web in self.webs))
        self.front = await self._proxy(*(web.port for web in self.webs))

    def _environment(self, *proxies: int) -> dict[str, str]:
        return self.services.environment(*proxies) | self.extra

    async def _proxy(self, *ports: int) -> Proxy:
        self.proxies.append(await Proxy(list(ports), self.dice).start())
        return self.proxies[-1]

    async def _stop(self) -> None:
        for web in self.webs:
            if web.process is not None:
                await asyncio.to_thread(web.kill)
        for proxy in self.proxies:
            proxy.stop()

    @property
    def address(self) -> str:
        """Host and port that clients connect to."""
        return f"127.0.0.1:{self.front.port}"

    def rooms_of(self, person: str) -> list[str]:
        """The rooms a person is in."""
        return [room for room, people in self.rooms.items() if person in people]

    def truth(self) -> Truth:
        """What Postgres holds, asked directly."""
        with psycopg.connect(self.postgres.url()) as connection:
            rooms: dict[str, list[Row]] = {room: [] for room in self.rooms}
            for room, *row in connection.execute(STORED, [list(rooms)]):
                rooms[room].append(Row(*row))
            return Truth(rooms, dict(connection.execute(COUNTERS, [list(rooms)]).fetchall()))

    def logs(self) -> str:
        """What the web processes wrote."""
        return "\n".join(f"--- {path.name}\n{path.read_text()}" for path in sorted({web.log_path for web in self.webs}))
