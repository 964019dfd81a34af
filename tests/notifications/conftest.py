"""A push service of our own, which reads what only the browser could: so the encryption is proved, not assumed."""

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import PushSubscription
from chat.notifications.services import subscribe
from tests.base import session_key


def letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Browser:
    """A subscribed browser: its keys, and what it was told."""

    row: PushSubscription
    private: ec.EllipticCurvePrivateKey
    secret: bytes
    told: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def hear(self, body: bytes, headers: dict[str, str]) -> None:
        clear = http_ece.decrypt(body, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        self.told.append(json.loads(clear))
        self.headers.append(headers)


class PushService:
    """Takes pushes on loopback. `status` is what it answers; `browsers` are found by the last part of the endpoint."""

    def __init__(self) -> None:
        self.status = 201
        self.browsers: dict[str, Browser] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if service.status == 201:
                    service.browsers[self.path].hear(body, {key.lower(): value for key, value in self.headers.items()})
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def browser(self, user: User) -> Browser:
        """One more browser of this person, signed in and subscribed."""
        private, secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        path = f"/{len(self.browsers)}"
        row = subscribe(
            user=user, session_key=session_key(user), endpoint=f"http://127.0.0.1:{self.server.server_port}{path}",
            p256dh=letters(point), auth=letters(secret), label="Firefox on Linux",
        )  # fmt: skip
        self.browsers[path] = Browser(row, private, secret)
        return self.browsers[path]


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    """Where pushes go."""
    settings.PUSH_LOOPBACK = True
    made = PushService()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def subscribed(db: None, service: PushService) -> Callable[[User], Browser]:
    """`subscribed(bob)`: a browser of his."""
    return service.browser
