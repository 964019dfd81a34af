"""Many sockets at once, for tests of crowds: what `client.Member` is for one."""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from tests.base import session_cookie
from tests.live.client import Frame
from tests.servers import Site

PATIENCE = 10.0


@dataclass(frozen=True)
class Ticket:
    """Who comes in, and where: made before the loop runs, because it asks the database."""

    site: Site
    cookie: str

    @classmethod
    def of(cls, site: Site, user: User) -> Self:
        """A ticket with a fresh session."""
        return cls(site, session_cookie(user))


class Voice:
    """One socket that hears all the time and remembers when."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[Frame] = []
        self.arrived: dict[str, float] = {}  # a message's text -> when it came
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def join(cls, ticket: Ticket) -> Self:
        """Connects and says hello. Raises `ConnectionClosed` when the server doesn't want it."""
        options: dict[str, Any] = {"compression": None, "ping_interval": None, "max_size": None, "max_queue": None}
        headers = {"Cookie": ticket.cookie}
        url, origin = ticket.site.ws_url, ticket.site.url
        voice = cls(await connect(url, origin=origin, additional_headers=headers, **options))
        await voice.say("hello", v=1, cursors={})
        await voice.until(lambda: bool(voice.heard) or voice.closed is not None)
        return voice

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for data in self.connection:
                frame = json.loads(data)
                self.heard.append(frame)
                if frame["type"] == "message.posted":
                    self.arrived[frame["message"]["body"]] = time.perf_counter()

    @property
    def closed(self) -> int | None:
        """The code by which the server closed, None while it is open."""
        return self.connection.close_code

    async def say(self, kind: str, **fields: object) -> None:
        """Sends a command, if the server still listens."""
        with contextlib.suppress(ConnectionClosed):
            await self.connection.send(json.dumps({"type": kind, **fields}))

    async def post(self, room: str, body: str, client_id: str | None = None) -> str:
        """Sends a message. Returns its client_id."""
        client_id = client_id or str(uuid4())
        await self.say("message.post", client_id=client_id, room=room, body=body)
        return client_id

    def answers(self, client_id: str) -> list[Frame]:
        """Every ack and nack of this message."""
        return [frame for frame in self.heard if frame.get("client_id") == client_id]

    async def until(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Waits for something that depends on what is heard."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    async def leave(self) -> None:
        """Closes."""
        await self.connection.close()
        await self._listening


@dataclass
class Pair:
    """Two people who mind their own business, twenty messages a second, and how long each message took."""

    one: Voice
    other: Voice
    room: str
    seconds: list[float] = field(default_factory=list)

    @classmethod
    async def meet(cls, one: Ticket, other: Ticket, room: str) -> Self:
        """Both connect."""
        return cls(await Voice.join(one), await Voice.join(other), room)

    async def chat(self, until: asyncio.Event) -> None:
        """They talk until the event."""
        sent: dict[str, float] = {}
        while not until.is_set():
            body = f"innocent {uuid4()}"
            sent[body] = time.perf_counter()
            await self.one.post(self.room, body)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), 0.05)
        await self.other.until(lambda: sent.keys() <= self.other.arrived.keys())
        self.seconds += [self.other.arrived[body] - at for body, at in sent.items()]

    @property
    def median(self) -> float:
        """Half of the messages took no longer than so many seconds."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """All but a hundredth of the messages took no longer than so many seconds."""
        return sorted(self.seconds)[int(0.99 * len(self.seconds))]


@contextlib.asynccontextmanager
async def while_chatting(pair: Pair) -> AsyncIterator[None]:
    """The pair talks as long as the body runs; whatever happened to others, each of its messages arrived."""
    done = asyncio.Event()
    chat = asyncio.create_task(pair.chat(done))
    try:
        yield
    finally:
        done.set()
        await chat
        await pair.one.leave()
        await pair.other.leave()
