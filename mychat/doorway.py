"""What every connection passes first: who is calling, and whether we still take sockets."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from mychat import proxies

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Doorway:
    """Wraps the application. `closing` says whether the process is about to end."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]], closing: Callable[[], bool]):
        self.application = application
        self.closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request or socket. While closing, a socket is refused by HTTP: the client tries elsewhere."""
        if scope["type"] == "websocket" and self.closing():
            await receive()
            await send({"type": "websocket.close"})
            return
        scope["client"] = proxies.caller(scope["client"], scope["headers"], settings.TRUSTED_PROXY_COUNT)
        await self.application(scope, receive, send)
