"""How large and how slow a request may be, enforced while it arrives: daphne reads it whole before the site sees it.

And how much of an answer is kept for who reads it slowly: one part, and not all of a file.
"""

import asyncio
import re
import time
from typing import Any

from daphne import http_protocol
from django.conf import settings
from twisted.internet import reactor
from twisted.protocols.basic import LineReceiver
from twisted.web.http import HTTPChannel

LINGER_SECONDS = 2.0
UPLOADS = re.compile(rb"/r/[\w-]+/attachments/")  # chat:room-attachments
FORM_BYTES = 64 * 1024  # of an upload beside its file
ANSWER = b"This is larger than we take.\n"
REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (len(ANSWER), ANSWER)
)


def most_bytes(target: bytes) -> int:
    """How large the body of a request for `target`, its path as it came, may be."""
    if UPLOADS.fullmatch(target.partition(b"?")[0]):
        return max(settings.MAX_BODY_BYTES, settings.ATTACHMENTS["FILE_BYTES"] + FORM_BYTES)
    return settings.MAX_BODY_BYTES


class Request(http_protocol.WebRequest):
    """Daphne's request, which answers 413 instead of storing more than it may carry."""

    refused = False
    arrived = 0
    most = 0  # bytes that the body may have
    moved_at: float | None = None  # when the last part of a long answer was taken
    _flow: asyncio.Event | None = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """The headers are complete. `length` is None when the body comes in chunks of unknown number."""
        super().gotLength(length)
        self.most = most_bytes(self.channel._path)
        if length is not None and length > self.most:
            self.refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Stores a part of the body, or drops it once the request is refused."""
        self.arrived += len(data)
        if not self.refused and self.arrived > self.most:
            self.refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def refuse(self) -> None:
        """Answers at once, and reads on for a moment without storing.

        A connection closed while data is on its way is reset, and the client would never see the answer.
        """
        self.refused = True
        self.content.truncate(0)
        self.requestHeaders.removeHeader(b"expect")  # else Twisted would ask for the body after all
        self.channel.transport.write(REFUSAL)
        self.hanging_up = reactor.callLater(LINGER_SECONDS, self.channel.forceAbortClient)

    def process(self) -> Any:
        """The body is complete. A refused request has its answer already."""
        if self.refused:
            return self.channel.loseConnection()
        answering = super().process()
        if self.transport is None:  # a socket took it over: HTTP is done, and this circle would keep both in memory
            self.channel.requests.clear()
        return answering

    @property
    def blocked(self) -> bool:
        """Whether so much of the answer is unsent that its next part should wait."""
        channel = getattr(self, "channel", None)  # Twisted takes it away at the end
        return channel is not None and channel._waitingForTransport

    async def flowing(self) -> None:
        """Waits until what was answered is with the network, or the client is gone."""
        self._flow = asyncio.Event()
        self.registerProducer(self, streaming=True)
        await self._flow.wait()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Too much is unsent: whoever answers looks at `blocked`."""

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """All is sent."""
        self.unregisterProducer()
        self.stopProducing()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Nobody need wait any more: all is sent, or the client is gone."""
        if self._flow:
            self._flow.set()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Writes a part of the answer."""
        self.moved_at = time.monotonic()
        super().handle_reply(message)

    def check_timeouts(self) -> None:
        """Called every two seconds. An answer may take its time as long as the client goes on reading it."""
        if self.blocked and self.moved_at and time.monotonic() - self.moved_at < settings.LIVE["STALLED_SECONDS"]:
            return
        if self.blocked and self._response_started and not self.finished:
            self.channel.forceAbortClient()
        else:
            super().check_timeouts()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """The client has gone."""
        self.stopProducing()
        if self.refused and self.hanging_up.active():
            self.hanging_up.cancel()
        super().connectionLost(reason)


class Channel(HTTPChannel):
    """A connection that is closed after HEAD_SECONDS of silence, or of a request's head that doesn't end."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Bytes arrived. Those of a head gain no time: one of them now and then would hold a connection for ever."""
        if self.line_mode:
            LineReceiver.dataReceived(self, data)
        else:
            super().dataReceived(data)


class HTTPFactory(http_protocol.HTTPFactory):
    """Makes connections whose requests are ours."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.timeOut = settings.HEAD_SECONDS

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        """A connection from `addr`."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol
