"""A file goes out as fast as it is read: what waits for a slow reader is one part of it, not all."""

import contextlib
import secrets
import socket
import time
from collections.abc import Callable

import pytest
from django.conf import settings

from accounts.models import User
from chat.models import Attachment, Message, Room
from tests.attachments.reading import address
from tests.base import session_cookie
from tests.ops.test_bodies import memory
from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.django_db(transaction=True)]

MEGABYTE = 1024 * 1024
SIZE = 24 * MEGABYTE


@pytest.fixture
def film(alice: User, room: Room) -> Attachment:
    """A large file, where the server looks for it."""
    name = f"attachments/{secrets.token_hex(8)}"
    path = settings.DATA_DIR / "media" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(SIZE))
    client_id = "5e3c1c1e-0000-4000-8000-000000000002"
    message = Message.objects.create(room=room, seq=1, rev=1, sender=alice, client_id=client_id, body="look")
    return Attachment.objects.create(
        room=room, uploader=alice, message=message, kind="file", name="film", mime="video/mp4", size=SIZE, file=name
    )


def ask(site: Site, cookie: str, film: Attachment) -> socket.socket:
    """A connection that has asked for the film and read nothing of it."""
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=20)
    request = f"GET {address(film)} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    connection.sendall(request.encode())
    return connection


def read(connection: socket.socket) -> int:
    """How many bytes come until the connection ends."""
    total = 0
    while part := connection.recv(MEGABYTE):
        total += len(part)
    return total


def test_what_isn_t_read_isn_t_kept_in_memory(site: Site, bob: User, film: Attachment) -> None:
    cookie = session_cookie(bob)
    with ask(site, cookie, film) as first:
        assert read(first) > SIZE
    before = memory(site)
    readers = [ask(site, cookie, film) for _ in range(5)]
    time.sleep(2)

    assert memory(site) - before < 2 * SIZE / MEGABYTE
    assert site.get("/healthz")[0] == 200
    for reader in readers:
        with reader:
            assert read(reader) > SIZE  # and then all of it comes


def test_a_reader_that_stops_is_cut(make_site: Callable[..., Site], bob: User, film: Attachment) -> None:
    site = make_site({"LIVE_STALLED_SECONDS": "3"})
    cookie = session_cookie(bob)
    with ask(site, cookie, film) as stopped:
        time.sleep(9)  # three of them, and the two seconds between two looks, and what a busy machine adds
        with contextlib.suppress(ConnectionResetError):
            assert read(stopped) < SIZE
