"""Which socket lives where."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import URLRouter
from django.urls import path

from chat.live.auth import same_origin
from chat.live.consumer import member_socket

Application = Callable[..., Awaitable[None]]


def from_our_pages(application: Application) -> Application:
    """Refuses, by plain HTTP 403, a socket that another site's page opens."""

    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if same_origin(scope):
            await application(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    return guarded


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket at an address that isn't one."""
    await send({"type": "websocket.close"})


# channels routes ASGI applications by `path`, which is typed for views.
sockets: list[Any] = [("ws/", member_socket), ("", nowhere), ("<path:elsewhere>", nowhere)]
websockets = from_our_pages(URLRouter([path(address, application) for address, application in sockets]))
