"""Daphne's sockets, with a limit for each direction and patience for slow readers, but not without end."""

import asyncio
import time
from typing import Any

from daphne import ws_protocol
from django.conf import settings

OUTGOING_BYTES = 4 * 1024 * 1024


class WebSocketProtocol(ws_protocol.WebSocketProtocol):
    """One socket. It is a producer to its transport, which tells it to pause while much is unsent."""

    paused_at: float | None = None
    maxMessagePayloadSize: int  # noqa: N815 - autobahn's
    autoPingTimeoutCall: Any  # noqa: N815 - autobahn's

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """The connection comes from Twisted's HTTP, which is registered for the same news: take its place."""
        super().connectionMade()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, streaming=True)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """Too much is unsent. Reads no more either: answers to pings would pile up without end.

        The client's answer to our own ping would be stuck behind, so that isn't waited for meanwhile.
        """
        if self.paused_at is None:
            self.paused_at = time.monotonic()
            self.flowing.clear()
            self.transport.pauseProducing()
            self._forget_ping()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """All is sent."""
        self.stopProducing()
        self.transport.resumeProducing()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone: nobody need wait for it."""
        self.paused_at = None
        self.flowing.set()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Whoever waits to send goes on, and hears of the end."""
        self.stopProducing()
        super().connectionLost(reason)

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


class WebSocketFactory(ws_protocol.WebSocketFactory):
    """Makes sockets of ours."""

    protocol = WebSocketProtocol
