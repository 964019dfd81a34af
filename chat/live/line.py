"""The way out to one client: at once while nothing waits, else in order, and never more than so much.

Under our own server a frame goes straight to the connection (`mychat.wire`). What can't go at once waits for a task
that lives as long as something waits; it sends through ASGI, which is patient with slow readers, and which is all there
is under any other server. So a silent socket costs neither a task nor a queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

# What may wait for a reader that is slower than its rooms. Above the first, rooms only tell where they are, later;
# above the second the socket goes, and its client resumes by its cursors.
FULL_BYTES = 256 * 1024
MOST_BYTES = 1024 * 1024


class Wire(Protocol):
    """What our server offers beside ASGI: `send` writes at once, unless `blocked` by what is unsent."""

    @property
    def blocked(self) -> bool: ...
    def send(self, data: bytes) -> None: ...


class Line:
    """What goes out on one socket. `drained` is called when all that had to wait is with the network."""

    __slots__ = ("_drained", "_send", "_waiting", "_wire", "_writer", "bytes", "closing")

    def __init__(self, send: Send, wire: Wire | None, drained: Callable[[], None]) -> None:
        self._send = send
        self._wire = wire
        self._drained = drained
        self._waiting: deque[bytes | int] | None = None
        self._writer: asyncio.Task[None] | None = None
        self.bytes = 0  # that wait
        self.closing = False

    @property
    def full(self) -> bool:
        """Whether what can be told later should be."""
        return self.bytes > FULL_BYTES

    def send(self, data: bytes) -> None:
        """One frame, after all before it. Who reads much slower than they must be told loses the socket."""
        if self.closing:
            return
        if self._writer is None and self._wire is not None and not self._wire.blocked:
            self._wire.send(data)
        elif self.bytes + len(data) > MOST_BYTES:
            self._waiting, self.bytes = None, 0
            self.close(4429)
        else:
            self.bytes += len(data)
            self._queue(data)

    def close(self, code: int) -> None:
        """Closes after what waits."""
        if not self.closing:
            self.closing = True
            self._queue(code)

    def gone(self) -> None:
        """The client is gone: nothing is sent any more."""
        self.closing = True
        if self._writer is not None:
            self._writer.cancel()

    def _queue(self, one: bytes | int) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(one)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        """Sends what waits. A writer that fails closes: a socket that is open but mute would never come back."""
        try:
            while self._waiting:
                await self._send_one(self._waiting.popleft())
        except Exception as error:  # noqa: BLE001 - whatever the server raises for a frame it can't send
            log.error("not sent: %s", type(error).__name__)
            self.closing = True
            await self._send({"type": "websocket.close", "code": 1000})
        finally:
            self._waiting = self._writer = None
        if not self.closing:
            self._drained()

    async def _send_one(self, one: bytes | int) -> None:
        if isinstance(one, int):
            await self._send({"type": "websocket.close", "code": one})
        else:
            await self._send({"type": "websocket.send", "text": one.decode()})
            self.bytes -= len(one)
