"""Whose screens show whom: what the hub passes on of people who come, go and hide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat.live.database import in_database
from chat.live.frames import Frame, encode
from chat.people.services import presence_audience, public_ids

if TYPE_CHECKING:
    from chat.live.hub import Hub, Socket


class Watchers:
    """The local sockets by whom they watch."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._watching: defaultdict[int, set[Socket]] = defaultdict(set)

    def watch(self, socket: Socket, user_ids: frozenset[int]) -> None:
        """The socket's screen shows these people from now on, and no others."""
        for user_id in socket.watching - user_ids:
            self._watching[user_id].discard(socket)
            if not self._watching[user_id]:
                del self._watching[user_id]
        for user_id in user_ids - socket.watching:
            self._watching[user_id].add(socket)
        socket.watching = user_ids

    def tell(self, user_id: int, frame: Frame) -> None:
        """Somebody came or went.

        Who may know is asked again: settings may have changed since a screen began to look. Going may be told to
        whoever looked, for that is also what somebody looks like who doesn't show.
        """
        self._send(user_id, frame, lambda may_know: may_know or frame["state"] == "offline")

    def hide(self, user_id: int, frame: Frame) -> None:
        """Somebody chose who sees them: on the screens of all others they go."""
        self._send(user_id, frame, lambda may_know: not may_know)

    def blind(self, socket: Socket) -> None:
        """Who is seen by nobody sees nobody: whoever this screen shows goes from it, but for its own person."""
        gone = socket.watching - {socket.user_id}
        self.watch(socket, socket.watching - gone)
        if gone:
            self.hub.run(self._erase(socket, gone))

    async def _erase(self, socket: Socket, gone: frozenset[int]) -> None:
        for public_id in await in_database(public_ids, gone):
            socket.deliver(encode({"type": "presence.changed", "user": public_id, "state": "offline"}))

    def _send(self, user_id: int, frame: Frame, concerns: Callable[[bool], bool]) -> None:
        sockets = list(self._watching.get(user_id, ()))
        if sockets:
            self.hub.run(self._ask_and_send(user_id, encode(frame), sockets, concerns))

    async def _ask_and_send(
        self, user_id: int, data: bytes, sockets: list[Socket], concerns: Callable[[bool], bool]
    ) -> None:
        viewers = {socket.user_id for socket in sockets}
        allowed = await in_database(presence_audience, user_id=user_id, viewer_ids=viewers)
        for socket in sockets:
            if concerns(socket.user_id in allowed) and socket.id in self.hub.sockets:
                socket.deliver(data)
