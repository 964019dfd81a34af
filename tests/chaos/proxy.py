"""The network between clients and servers, and how it breaks: reset, silent, cut within a frame, slow."""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from itertools import count
from random import Random
from typing import cast

LOOPBACK = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time: the other side hears RST instead of an orderly end


class Proxy:
    """Passes connections to its own port on to one of several, in turn; one that refuses is passed over."""

    def __init__(self, ports: list[int], dice: Random) -> None:
        self.delay = 0.0  # seconds each way
        self.links: set[Link] = set()
        self.port = 0
        self._ports, self._dice, self._turn = ports, dice, count()

    async def start(self) -> "Proxy":
        """Listens on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: End(Link(self)), LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Ends everything."""
        self._server.close()
        for link in self._some(1.0):
            link.reset()

    def reset(self, share: float = 1.0) -> None:
        """Connections end at once, as when a router restarts."""
        for link in self._some(share):
            link.reset()

    def silence(self, share: float = 1.0) -> "list[Link]":
        """Connections stay open, but nothing arrives any more. Returns them, to be reset one day."""
        silent = self._some(share)
        for link in silent:
            link.silence()
        return silent

    def cut(self, share: float = 1.0, *, after: float | None = None) -> None:
        """Of the next that is sent on a connection, only a part arrives (`after`: which, 0 to 1), then it is reset."""
        for link in self._some(share):
            link.cut = self._dice.random() if after is None else after

    def mend(self) -> None:
        """Connections that were to be cut, but sent nothing yet, are left alone."""
        for link in self.links:
            link.cut = None

    def turns(self) -> list[int]:
        """The ports behind, beginning with the one whose turn it is."""
        start = next(self._turn) % len(self._ports)
        return self._ports[start:] + self._ports[:start]

    def _some(self, share: float) -> "list[Link]":
        return [link for link in list(self.links) if self._dice.random() < share]


class Link:
    """One connection through the proxy: two ends."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.cut: float | None = None
        self.ends: list[End] = []
        self.silent = False

    def open(self, end: "End") -> None:
        """One end is there. If it is the first, connects the other."""
        self.ends.append(end)
        if len(self.ends) == 1:
            self.proxy.links.add(self)
            end.transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        for port in self.proxy.turns():
            with contextlib.suppress(OSError):
                await loop.create_connection(lambda: End(self), LOOPBACK, port)
                if not self.silent:
                    self.ends[0].transport.resume_reading()
                return
        self.reset()

    def other(self, end: "End") -> "End | None":
        """The end across, once there is one."""
        return next((other for other in self.ends if other is not end), None)

    def reset(self) -> None:
        """Both ends hear RST."""
        self.proxy.links.discard(self)
        for end in self.ends:
            end.reset()

    def silence(self) -> None:
        """Takes nothing more from either end, and says nothing."""
        self.silent = True
        for end in self.ends:
            end.transport.pause_reading()

    def part(self, data: bytes) -> bytes:
        """What of `data` gets through: all of it, unless the connection is to be cut here."""
        return data if self.cut is None else data[: int(self.cut * len(data))]


class End(asyncio.Protocol):
    """One side of a link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._late: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Small frames go out at once, as between real machines with TCP_NODELAY."""
        self.transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.open(self)

    def data_received(self, data: bytes) -> None:
        """Passes on to the other end."""
        other = self.link.other(self)
        if other is None:
            return
        other.send(self.link.part(data))
        if self.link.cut is not None:
            other.flush()
            asyncio.get_running_loop().call_soon(self.link.reset)

    def send(self, data: bytes) -> None:
        """Sends now, or after the delay and whatever waits already."""
        if self.link.proxy.delay or self._late:
            self._late.append(data)
            asyncio.get_running_loop().call_later(self.link.proxy.delay, self._send_next)
        else:
            self.transport.write(data)

    def _send_next(self) -> None:
        if self._late and not self.transport.is_closing():
            self.transport.write(self._late.popleft())

    def flush(self) -> None:
        """Sends what waits."""
        while self._late:
            self.transport.write(self._late.popleft())

    def reset(self) -> None:
        """Ends with RST."""
        if not self.transport.is_closing():
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.transport.abort()

    def pause_writing(self) -> None:
        """This end reads slower than the other sends."""
        if (other := self.link.other(self)) is not None:
            other.transport.pause_reading()

    def resume_writing(self) -> None:
        """It has caught up."""
        if (other := self.link.other(self)) is not None and not self.link.silent:
            other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """One end is gone: so is the other, after what is on its way to it. Nobody hears it through a silent link."""
        other = self.link.other(self)
        if other is not None and not self.link.silent:
            other.flush()
            other.transport.close()
        if not self.link.silent:
            self.link.proxy.links.discard(self.link)
