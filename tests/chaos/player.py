"""A device of a person, and its connection. What it does with frames and time is in tests/rules."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any
from unittest.mock import patch

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.chaos.ledger import Answer, Ledger, Row, View, Write
from tests.rules import client as rules
from tests.rules import outbox
from tests.rules.client import Client
from tests.rules.stream import Stream

Frame = dict[str, Any]

OPEN_WAIT = 4.0
TICK = 0.2
REPORT_EVERY = 1.0
BACKOFF_FIRST, BACKOFF_MAX = 0.5, 30.0
STEADY = 1.5  # a connection that lived this long forgives earlier failures; a browser's 10, as short as the rest here
SLOW_DOWN = 30.0  # after 4429
FINAL = {4400, 4401, 4403}  # doesn't come back


class Watched(Stream):
    """A stream that notes what it shows, in the order it is shown."""

    def __init__(self, room: str) -> None:
        super().__init__(room)
        self.shown: list[tuple[int, float]] = []

    def _show(self, rows: list[Frame]) -> None:
        now = time.monotonic()
        self.shown += [(row["seq"], now) for row in rows]
        super()._show(rows)


@contextmanager
def quicker(**replaced: Any) -> Iterator[None]:
    """The same rules with shorter seconds: a run can't wait half a minute for a ping. `replaced`: other rules."""
    shorter = {"HEARTBEAT": 2.0, "PATIENCE": 3.0, "RECONCILE": 5.0}
    with patch.multiple(rules, **{"Stream": Watched, **shorter, **replaced}), patch.object(outbox, "ACK_WAIT", 2.0):
        yield


class Device:
    """One client of one person: connects, comes back, writes, and tells the ledger."""

    def __init__(self, name: str, person: str, cookie: str, address: str, ledger: Ledger, dice: Random) -> None:
        self.name, self.person = name, person
        self.client = Client(person)
        self.view = View(name, person)
        self.drops: list[float] = []
        self.pending: dict[str, Write] = {}
        self._ledger, self._dice = ledger, dice
        self._url, self._origin, self._cookie = f"ws://{address}/ws/", f"http://{address}", cookie
        self._out: asyncio.Queue[Frame] = asyncio.Queue()
        self._failures = 0
        self._reported: dict[str, int] = {}
        self._report_at = 0.0

    # --- The connection ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stays connected until cancelled, or told not to come back."""
        code = 0
        while code not in FINAL:
            began = time.monotonic()
            code = await self._connect()
            self.view.closes[code] = self.view.closes.get(code, 0) + 1
            if time.monotonic() - began > STEADY:
                self._failures = 0
            await asyncio.sleep(self._pause(code))

    def _pause(self, code: int) -> float:
        """Full jitter, and not before a `bye` allows."""
        longest = min(BACKOFF_MAX, BACKOFF_FIRST * 2**self._failures)
        self._failures += 1
        told = self.client.not_before - time.monotonic()
        return max(told, SLOW_DOWN if code == 4429 else 0.0, self._dice.uniform(0, longest))

    async def _connect(self) -> int:
        """One connection from beginning to end. Returns the code it was closed with."""
        try:
            async with asyncio.timeout(OPEN_WAIT):
                connection = await connect(
                    self._url,
                    origin=self._origin,  # type: ignore[arg-type]
                    additional_headers={"Cookie": self._cookie},
                    compression=None,
                    max_size=None,
                    proxy=None,
                    ping_interval=None,
                    close_timeout=0.1,
                )
        except (OSError, WebSocketException, TimeoutError, EOFError):
            return 1006
        try:
            return await self._converse(connection)
        finally:
            connection.transport.abort()  # a dead one may take minutes to say that it closed
            self.client.dropped(time.monotonic())
            self.drops.append(time.monotonic())

    async def _converse(self, connection: ClientConnection) -> int:
        self.view.connects += 1
        self._out = asyncio.Queue()
        self._say(self.client.opened(time.monotonic()))
        work = [asyncio.create_task(job) for job in (self._listen(connection), self._send(connection), self._beat())]
        try:
            ended, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        for task in ended:
            task.result()  # raises what the rules raised: no frame may break them
        return connection.close_code or 1006

    async def _listen(self, connection: ClientConnection) -> None:
        with suppress(WebSocketException, OSError):
            async for text in connection:
                self._hear(json.loads(text))

    async def _send(self, connection: ClientConnection) -> None:
        with suppress(WebSocketException, OSError):
            while True:
                await connection.send(json.dumps(await self._out.get()))

    async def _beat(self) -> None:
        """Ends when the connection gave no sign of life in time."""
        while not self.client.dead(time.monotonic()):
            self._say(self.client.tick(time.monotonic()))
            self._report()
            await asyncio.sleep(TICK)

    def _report(self) -> None:
        """At most once a second: what this device has, and has read."""
        now = time.monotonic()
        news = {room: at.cursor for room, at in self.client.rooms.items() if at.cursor > self._reported.get(room, 0)}
        if not self.live or not news or now < self._report_at:
            return
        self._report_at = now + REPORT_EVERY
        self._reported.update(news)
        self._say([{"type": "room.received", "rooms": news}])
        self._say([{"type": "room.read", "room": room, "seq": seq} for room, seq in news.items()])

    def _say(self, commands: list[Frame]) -> None:
        for command in commands:
            self._out.put_nowait(command)

    # --- The conversation -------------------------------------------------------------------------------------------

    def write(self, room: str, body: str) -> None:
        """The person writes something; it goes out as soon as the rules allow."""
        now = time.monotonic()
        client_id = self.client.write(room, body, now)
        self.pending[client_id] = write = Write(self.name, self.person, room, client_id, body, now)
        self._ledger.writes.append(write)
        self._say(self.client.tick(now))

    def _hear(self, frame: Frame) -> None:
        self.view.resets += frame["type"] == "reset"
        self.view.heard_of.update(place["room"] for place in [frame, *frame.get("memberships", [])] if "room" in place)
        self._say(self.client.heard(frame, time.monotonic()))
        self._note(frame)

    def _note(self, frame: Frame) -> None:
        """Tells the ledger what became of our messages."""
        if frame["type"] == "ack":
            self._answered(frame["client_id"], room=frame["room"], seq=frame["seq"])
        elif frame.get("client_id") in self.client.refused:
            self._answered(frame["client_id"], refused=frame["code"])
        for row in rows_of(frame):
            if row["client_id"] in self.pending:  # one's own row is as good as an acknowledgement that got lost
                self._answered(row["client_id"], room=frame["room"], seq=row["seq"])

    def _answered(self, client_id: str, **answer: Any) -> None:
        self.pending.pop(client_id, None)
        self._ledger.answers.append(Answer(self.name, client_id, time.monotonic(), **answer))

    # --- What is seen -----------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether it is connected and greeted."""
        return self.client.live

    def oldest(self) -> float:
        """When the oldest message was written that waits for its answer."""
        return min((write.at for write in self.pending.values()), default=float("inf"))

    def cursor(self, room: str) -> int:
        """How far it is in a room."""
        stream = self.client.rooms.get(room)
        return stream.cursor if stream else 0

    def finish(self) -> View:
        """What was shown, and what is on the screen."""
        for room, stream in self.client.rooms.items():
            self.view.shown[room] = stream.shown  # type: ignore[attr-defined]
            keys = ("seq", "sender", "client_id", "body")
            self.view.screen[room] = [Row(*(row[key] for key in keys)) for row in stream.view()]
        return self.view


def rows_of(frame: Frame) -> list[Frame]:
    """The messages that a frame brings."""
    return [frame["message"]] if frame["type"] == "message.posted" else frame.get("rows", [])
