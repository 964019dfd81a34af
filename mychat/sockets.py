"""Daphne's sockets, with a limit for each direction and patience for slow readers, but not without end."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from autobahn.twisted.websocket import WebSocketServerProtocol
from daphne import ws_protocol
from django.conf import settings

OUTGOING_BYTES = 4 * 1024 * 1024
UNHEARD_BYTES = 1024 * 1024  # that may wait for the application: whoever floods fills the pipe behind it
MESSAGE_BYTES = 300  # of a message beside its text

# What autobahn and daphne keep of a handshake, several KiB, for as long as the socket is open. Nobody asks again.
HANDSHAKE = (
    "http_request_data",
    "http_response_data",
    "http_status_line",
    "http_headers",
    "http_request_uri",
    "http_request_params",
    "websocket_extensions",
    "websocket_protocols",
    "clean_headers",
    "_transport_details",
)


class Inbox:
    """What an application still has to hear: asyncio's queue for one reader, at a tenth of its size."""

    __slots__ = ("_newer", "_older", "_waiting", "on_room", "size")

    def __init__(self) -> None:
        self._older: list[dict[str, Any]] = []  # in reverse, so that taking one doesn't move the rest
        self._newer: list[dict[str, Any]] = []
        self._waiting: asyncio.Future[None] | None = None
        self.size = 0  # about as many bytes
        self.on_room: Callable[[], None] | None = None  # called once, when half has been taken

    def put_nowait(self, message: dict[str, Any]) -> None:
        """Adds a message, and wakes the application if it waits."""
        self._newer.append(message)
        self.size += size_of(message)
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def get(self) -> dict[str, Any]:
        """The next message, once there is one."""
        while not (self._older or self._newer):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        self._waiting = None
        return self._take()

    def _take(self) -> dict[str, Any]:
        if not self._older:
            self._older, self._newer = self._newer[::-1], []
        message = self._older.pop()
        self.size -= size_of(message)
        if self.on_room and self.size < UNHEARD_BYTES / 2:
            call, self.on_room = self.on_room, None
            call()
        return message


def size_of(message: dict[str, Any]) -> int:
    """About how many bytes a message takes."""
    return MESSAGE_BYTES + len(message.get("text") or message.get("bytes") or "")


class Address:
    """What is left of a request: daphne names it in its log of actions."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class WebSocketProtocol(ws_protocol.WebSocketProtocol):
    """One socket. It is a producer to its transport, which tells it to pause while much is unsent.

    To its application it is also `scope["extensions"]["mychat.wire"]`: `send` and `blocked`, for those who have no time
    to await each frame. They watch `blocked` themselves, and await what they send while it is.
    """

    paused_at: float | None = None
    request: Any  # daphne's
    maxMessagePayloadSize: int  # noqa: N815 - autobahn's
    autoPingTimeoutCall: Any  # noqa: N815 - autobahn's
    _flow: asyncio.Event | None = None  # made for the first who waits: most sockets never have one

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """The connection comes from Twisted's HTTP, which is registered for the same news: take its place."""
        super().connectionMade()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, streaming=True)

    def onOpen(self) -> None:  # noqa: N802 - autobahn's name
        """The handshake is over."""
        super().onOpen()
        self.request = Address(self.request.path)
        for name in HANDSHAKE:
            self.__dict__.pop(name, None)

    @property
    def blocked(self) -> bool:
        """Whether so much is unsent that the next frame should wait."""
        return self.paused_at is not None

    def send(self, data: bytes) -> None:
        """Sends a text frame of UTF-8, now or right after what is unsent. Nothing to a socket that closes."""
        if self.state == self.STATE_OPEN:
            self.sendMessage(data)

    async def flowing(self) -> None:
        """Waits until the socket isn't blocked, or is gone."""
        while self.blocked:
            self._flow = self._flow or asyncio.Event()
            await self._flow.wait()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Too much is unsent. Reads no more either: answers to pings would pile up without end.

        The client's answer to our own ping would be stuck behind, so that isn't waited for meanwhile.
        """
        if self.paused_at is None:
            self.paused_at = time.monotonic()
            self.transport.pauseProducing()
            self._forget_ping()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """All is sent."""
        self.stopProducing()
        self._read_on()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nobody need wait any more: all is sent, or the connection is gone."""
        self.paused_at = None
        if self._flow:
            self._flow.set()
            self._flow = None

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Whoever waits to send goes on, and hears of the end."""
        self.stopProducing()
        super().connectionLost(reason)
        self.is_closed = None  # autobahn's, which holds this socket: a circle that only a full collection would find

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes arrived."""
        super().dataReceived(data)
        self._slow_down()

    def _slow_down(self) -> None:
        """Reads no more while the application is far behind."""
        inbox = getattr(self, "application_queue", None)
        if inbox and inbox.size > UNHEARD_BYTES and not inbox.on_room:
            inbox.on_room = self._read_on
            self.transport.pauseProducing()

    def _read_on(self) -> None:
        if not (self.blocked or self.application_queue.on_room):
            self.transport.resumeProducing()

    def check_timeouts(self) -> None:
        """Called every two seconds. A paused socket isn't asked for a sign of life, but has to read in time."""
        if self.paused_at is None:
            super().check_timeouts()
        elif time.monotonic() - self.paused_at > settings.LIVE["STALLED_SECONDS"]:
            self.transport.abortConnection()  # whatever state autobahn is in: it may wait to close for ever

    def sendMessage(self, payload: bytes, *args: Any, **kwargs: Any) -> None:  # noqa: N802 - autobahn's name
        """Sends a frame of up to OUTGOING_BYTES: autobahn holds what it sends to the limit of what it receives."""
        incoming, self.maxMessagePayloadSize = self.maxMessagePayloadSize, OUTGOING_BYTES
        try:
            super().sendMessage(payload, *args, **kwargs)
        finally:
            self.maxMessagePayloadSize = incoming

    def _forget_ping(self) -> None:
        if self.autoPingTimeoutCall:
            self.autoPingTimeoutCall.cancel()
            self.autoPingTimeoutCall = None


def unbound(option: Any) -> Any:
    """The option as a class can hold it: a plain function there would be a method, and be given the socket too."""
    return staticmethod(option) if callable(option) else option


class WebSocketFactory(ws_protocol.WebSocketFactory):
    """Makes sockets of ours."""

    protocol: type[WebSocketProtocol] = WebSocketProtocol

    def setProtocolOptions(self, **options: Any) -> None:  # noqa: N802 - autobahn's name
        """Gives the options to the sockets' class. Autobahn would copy all 36 into each socket, and print them."""
        super().setProtocolOptions(**options)
        common = {name: unbound(getattr(self, name)) for name in WebSocketServerProtocol.CONFIG_ATTRS}
        self.protocol = cast(Any, type(self.protocol.__name__, (self.protocol,), {**common, "CONFIG_ATTRS": ()}))
