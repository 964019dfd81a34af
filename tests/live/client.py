"""A client for socket tests: says what a browser would, keeps what it hears in order."""

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from tests.base import session_cookie
from tests.servers import Site

Frame = dict[str, Any]
Join = Callable[..., "Member"]
PATIENCE = 5.0


class Member:
    """One socket of one person."""

    def __init__(self, site: Site, user: User | None, *, cookie: str | None = None, origin: str | None = None) -> None:
        self.user = user
        cookie = session_cookie(user) if user and cookie is None else cookie
        self.connection: ClientConnection = connect(
            site.ws_url,
            origin=origin or site.url,
            additional_headers={"Cookie": cookie} if cookie else {},
            max_size=None,
            compression="deflate",  # offered, as browsers do, and declined
            legacy=True,
        )
        self.heard: list[Frame] = []

    def __enter__(self) -> "Member":
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def say(self, kind: str, **fields: Any) -> None:
        """Sends a command."""
        self.raw(json.dumps({"type": kind, **fields}))

    def raw(self, data: str | bytes) -> None:
        """Sends anything."""
        self.connection.send(data)

    def post(self, room: str, body: str, client_id: str | None = None) -> str:
        """Sends a message and returns its client id."""
        client_id = client_id or str(uuid4())
        self.say("message.post", client_id=client_id, room=room, body=body)
        return client_id

    def hello(self, **cursors: int) -> Frame:
        """Opens the conversation; returns `ready`."""
        self.say("hello", v=1, cursors=cursors)
        return self.expect("ready")

    def next(self, timeout: float = PATIENCE) -> Frame:
        """The next frame, whatever it is."""
        frame = json.loads(self.connection.recv(timeout=timeout))
        self.heard.append(frame)
        return frame

    def expect(self, kind: str, timeout: float = PATIENCE, **fields: Any) -> Frame:
        """The next frame of this kind with these fields; others before it are kept in `heard`."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.next(max(0.01, deadline - time.monotonic()))
            if frame["type"] == kind and all(frame.get(key) == value for key, value in fields.items()):
                return frame

    def drain(self) -> list[Frame]:
        """Everything that was on its way before the answer to a ping."""
        start = len(self.heard)
        self.say("ping")
        self.expect("pong")
        return self.heard[start:-1]

    def closed(self, timeout: float = PATIENCE) -> int:
        """Waits for the server to close. Returns the code."""
        try:
            while True:
                self.heard.append(json.loads(self.connection.recv(timeout=timeout)))
        except ConnectionClosed:
            return self.connection.close_code or 0
