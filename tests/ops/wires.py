"""Sockets of our server without a network, opened by a real handshake."""

import asyncio
from typing import Any

from mychat import server, sockets

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LIMIT = 256 * 1024  # of what comes in, as the server's flags have it


class Here(server.Server):
    """Our server without a network."""

    def __init__(self) -> None:
        super().__init__(None, endpoints=["none"], websocket_timeout=86400)
        self.connections: dict[Any, dict[str, Any]] = {}

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any]:
        return asyncio.Queue()


def open_socket(
    here: Here, factory_class: type[sockets.WebSocketFactory], transport: Any, **options: Any
) -> sockets.WebSocketProtocol:
    """A socket of that kind on that transport, accepted by its application. `options` are autobahn's."""
    factory = factory_class(here, server="test")
    factory.setProtocolOptions(
        **{"maxMessagePayloadSize": LIMIT, "maxFramePayloadSize": LIMIT, "autoPingTimeout": 10, **options}
    )
    protocol = factory.buildProtocol(None)
    protocol._raw_query_string = b""
    transport.registerProducer(object(), True)  # as Twisted's HTTP has
    protocol.makeConnection(transport)
    protocol.dataReceived(HANDSHAKE)
    protocol.serverAccept()
    if hasattr(transport, "clear"):
        transport.clear()
    return protocol
