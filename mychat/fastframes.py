"""A short way for small frames, past most of autobahn and Twisted. FAST_FRAMES=0 turns it off; the site is the same.

In: complete small text frames at the start of what arrived go straight into the application's queue. Out: a frame is
written straight to the network while nothing waits before it. Everything else is left, byte for byte, to autobahn and
Twisted: parts of frames, long, binary, compressed, fragmented and control frames, and whatever breaks the rules, which
they judge. This uses private attributes of both, whose versions are pinned; still each socket is looked at when it
opens, and keeps to the long way where something isn't as expected.
"""

import functools
import logging
import socket
import time
from collections import deque
from typing import Any

from django.conf import settings
from twisted.internet import tcp

from mychat import sockets

log = logging.getLogger("mychat.server")

TEXT = 0x81  # the first byte of a frame that is a whole text, without extensions
MASKED = 0x80  # in the second byte, which is otherwise the length
SHORT, MEDIUM = 125, 0xFFFF  # the longest lengths in that byte, and in the two after it
SMALL = 16 * 1024  # longer texts come in the long way: autobahn unmasks them faster

MISSING = object()

# What an open socket of autobahn must look like, and a connection of Twisted: each attribute's value or type.
PROTOCOL: dict[str, Any] = {
    "data": bytes,
    "current_frame": None,
    "inside_message": False,
    "send_queue": deque,
    "autoPingTimeoutCall": None,
    "autoPingRestartOnAnyTraffic": True,
    "logOctets": False,
    "logFrames": False,
    "trackTimings": False,
    "utf8validateIncoming": True,
    "applyMask": True,
    "requireMaskedClientFrames": True,
    "maskServerFrames": False,
    "autoFragmentSize": 0,
    "_perMessageCompress": None,
    "muted": False,
    "last_ping": float,
}
TRANSPORT: dict[str, Any] = {
    "socket": socket.socket,
    "connected": 1,
    "TLS": False,
    "dataBuffer": bytes,
    "_tempDataBuffer": list,
}


class WebSocketProtocol(sockets.WebSocketProtocol):
    """A socket with the short way."""

    quick = False  # whether its frames may go the short way
    direct = False  # whether they may be written straight to the network

    def onOpen(self) -> None:  # noqa: N802 - autobahn's name
        """From now on there are frames."""
        super().onOpen()
        odd = oddities(self, PROTOCOL) + too_low(self)
        self.quick = not odd
        if self.quick and isinstance(self.transport, tcp.Server):
            odd = oddities(self.transport, TRANSPORT)
            self.direct = not odd
        tell(*odd)

    # --- In ---------------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes arrived. While autobahn holds a part of a frame or message, it gets them all."""
        if self.quick and self._between_messages():
            data = data[self._take(data) :]
        if data:
            super().dataReceived(data)
        else:
            self._slow_down()

    def _between_messages(self) -> bool:
        return self.state == self.STATE_OPEN and self.current_frame is None and not (self.data or self.inside_message)

    def _take(self, data: bytes) -> int:
        """Queues the small texts at the start of `data` for the application. Returns how many bytes they were."""
        done = 0
        while (found := small_text(data, done)) is not None:
            text, done = found
            self.application_queue.put_nowait({"type": "websocket.receive", "text": text})
        if done:
            self.last_ping = time.time()
            if self.autoPingTimeoutCall:
                self._cancelAutoPingTimeoutCall()  # a sign of life, as good as an answer to the ping
        return done

    # --- Out --------------------------------------------------------------------------------------------------------

    def sendMessage(self, payload: bytes, isBinary: bool = False, *args: Any, **kwargs: Any) -> None:  # noqa: N802, N803
        """Sends a frame. One that has to keep its place behind others in autobahn's queue goes the long way."""
        plain = self.quick and not (isBinary or args or kwargs or self.send_queue)
        if plain and len(payload) <= MEDIUM and self.state == self.STATE_OPEN:
            self._write(header(len(payload)) + payload)
        else:
            super().sendMessage(payload, isBinary, *args, **kwargs)

    def _write(self, frame: bytes) -> None:
        """Writes to the network what it takes at once, and leaves the rest to the transport."""
        transport = self.transport
        if self.direct and transport.connected and not (transport.dataBuffer or transport._tempDataBuffer):
            try:
                sent = transport.socket.send(frame)
            except OSError:  # full; or broken, which the transport will see for itself
                sent = 0
            if sent == len(frame):
                return
            frame = frame[sent:]
        transport.write(frame)


def small_text(data: bytes, at: int) -> tuple[str, int] | None:
    """The text of the frame at `at` and where the frame ends, if it is whole, small, and as it should be."""
    if len(data) - at < 6 or data[at] != TEXT:
        return None
    start, length = at + 6, data[at + 1] - MASKED
    if length > SHORT:
        if length > SHORT + 1:
            return None
        start, length = at + 8, data[at + 2] << 8 | data[at + 3]
        if not SHORT < length <= SMALL:
            return None
    end = start + length
    if length < 0 or end > len(data):
        return None
    try:
        return unmasked(data, start, end).decode(), end
    except UnicodeDecodeError:  # autobahn finds it too, and closes as it should
        return None


def unmasked(data: bytes, start: int, end: int) -> bytes:
    """The payload from `start` to `end`, whose mask is the four bytes before it: as one large number, in one step."""
    length = end - start
    mask = (data[start - 4 : start] * (length // 4 + 1))[:length]
    number = int.from_bytes(data[start:end], "little") ^ int.from_bytes(mask, "little")
    return number.to_bytes(length, "little")


def header(length: int) -> bytes:
    """What comes before a text of so many bytes, at most MEDIUM."""
    if length <= SHORT:
        return bytes((TEXT, length))
    return bytes((TEXT, SHORT + 1, length >> 8, length & 0xFF))


def oddities(thing: Any, expected: dict[str, Any]) -> list[str]:
    """The attributes of `thing` that aren't of the expected value or type."""
    return [name for name, value in expected.items() if not matches(getattr(thing, name, MISSING), value)]


def matches(value: Any, expected: Any) -> bool:
    """Whether a value is the expected one, or of the expected type."""
    return isinstance(value, expected) if isinstance(expected, type) else value == expected


def too_low(protocol: Any) -> list[str]:
    """The limits that a small frame could be above."""
    limits = ("maxMessagePayloadSize", "maxFramePayloadSize")
    return [name for name in limits if 0 < getattr(protocol, name, 1) < SMALL]


@functools.cache
def tell(*odd: str) -> None:
    """Says once which way sockets take."""
    if odd:
        log.warning("sockets take the long way: %s aren't as expected", ", ".join(odd))
    else:
        log.info("sockets take the short way for small frames")


class WebSocketFactory(sockets.WebSocketFactory):
    """Makes sockets with the short way."""

    protocol = WebSocketProtocol


def factory() -> type[sockets.WebSocketFactory]:
    """What makes the sockets of this process."""
    return WebSocketFactory if settings.FAST_FRAMES else sockets.WebSocketFactory
