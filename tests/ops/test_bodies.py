"""Requests that are too large are refused while they arrive, not stored first."""

import http.client
import re
import socket
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from accounts.models import User
from tests.base import session_cookie
from tests.servers import Site

pytestmark = pytest.mark.site

MEGABYTE = 1024 * 1024
PART = b"x" * 64 * 1024


def memory(site: Site) -> float:
    """The megabytes the server has in memory."""
    assert site.process is not None
    status = Path(f"/proc/{site.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def upload(site: Site, headers: str, parts: Iterator[bytes]) -> tuple[bytes, int]:
    """Sends a request until the server hangs up. Returns what it answered first and how many bytes it took."""
    sent = 0
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        connection.sendall(f"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n".encode())
        try:
            for part in parts:
                connection.sendall(part)
                sent += len(part)
        except OSError:
            pass
        try:
            return connection.recv(65536), sent
        except OSError:
            return b"", sent


def chunks(megabytes: int) -> Iterator[bytes]:
    """A body in HTTP's chunks."""
    for _ in range(megabytes * 16):
        yield b"%x\r\n%s\r\n" % (len(PART), PART)
    yield b"0\r\n\r\n"


def test_a_body_announced_too_large_is_refused_before_it_is_sent(site: Site) -> None:
    began = time.monotonic()
    answer, _ = upload(site, "Content-Length: 200000000\r\nExpect: 100-continue", iter([]))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("form", ["length", "chunks"])
def test_two_hundred_megabytes_take_no_memory(site: Site, form: str) -> None:
    before = memory(site)
    if form == "length":
        answer, _ = upload(site, f"Content-Length: {200 * MEGABYTE}", (PART for _ in range(200 * 16)))
    else:
        answer, _ = upload(site, "Transfer-Encoding: chunked", chunks(200))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert memory(site) - before < 30
    assert site.get("/healthz")[0] == 200


def test_a_refused_connection_is_cut_soon(site: Site) -> None:
    began = time.monotonic()

    def drip() -> Iterator[bytes]:
        while time.monotonic() - began < 8:
            time.sleep(0.1)
            yield b"x" * 1024

    upload(site, f"Content-Length: {200 * MEGABYTE}", drip())
    assert time.monotonic() - began < 4


def test_the_next_request_on_a_connection_may_be_as_large_again(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/nowhere", body=b"x" * 5 * MEGABYTE)
        answer = connection.getresponse()
        answer.read()
        assert answer.status != 413


def test_a_picture_of_five_megabytes_is_taken(site: Site, alice: User) -> None:
    noise = BytesIO()
    Image.effect_noise((2200, 2300), 90).save(noise, "PNG")
    picture = noise.getvalue()
    assert 4.5 * MEGABYTE < len(picture) < 5 * MEGABYTE
    field = b'Content-Disposition: form-data; name="picture"; filename="a.png"'
    body = b"--b\r\n" + field + b"\r\n\r\n" + picture + b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Cookie": f"{session_cookie(alice)}; mychat_csrf={'c' * 32}",
        "X-CSRFToken": "c" * 32,
    }
    connection.request("POST", "/me/avatar/", body=body, headers=headers)
    assert connection.getresponse().status in {200, 302}
    alice.refresh_from_db()
    assert alice.avatar
