"""Sockets of our server without a network, opened by a real handshake."""

import struct
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

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> sockets.Inbox:
        return sockets.Inbox()


def frame(payload: bytes, *, first: int = 0x81, mask: bytes | None = b"\x01\x80\xff\x37", size: int = 0) -> bytes:
    """A frame as clients send it. `size` 126 or 127 asks for a longer form of its length than needed."""
    length = len(payload)
    size = max(size, 126 * (length > 125) + (length > 0xFFFF))
    extended = {126: struct.pack("!H", length & 0xFFFF), 127: struct.pack("!Q", length)}.get(size, b"")
    start = bytes((first, (size or length) | (0x80 if mask else 0))) + extended
    if mask is None:
        return start + payload
    return start + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def taken(protocol: Any) -> list[dict[str, Any]]:
    """What the application hasn't heard yet, in order. It has then."""
    inbox, messages = protocol.application_queue, []
    while inbox.size:
        try:
            inbox.get().send(None)
        except StopIteration as got:
            messages.append(got.value)
    return messages


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
