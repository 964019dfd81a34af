"""Files in an object store: kept there, fetched from there by links that live a minute, and gone when given up.

The store is a small one of our own on loopback, which speaks as much of S3 as is asked of it.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from chat.attachments.services import remove_upload, upload_file
from chat.models import Membership, Room
from mychat import files as places
from tests.attachments import files
from tests.attachments.reading import address
from tests.base import signed_in

KEYS = {"S3_BUCKET": "snug", "S3_ACCESS_KEY_ID": "key", "S3_SECRET_ACCESS_KEY": "secret"}


class Store(BaseHTTPRequestHandler):
    """PUT, GET, HEAD and DELETE of objects by their path."""

    objects: dict[str, bytes] = {}

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = unchunked(body)
        self.objects[self.name] = body
        self.answer(200)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        headers = {name: asked[f"response-{name}"][0] for name in ("content-type", "content-disposition")
                   if f"response-{name}" in asked}  # fmt: skip
        found = self.name in self.objects
        self.answer(200 if found else 404, self.objects.get(self.name, b""), **headers)

    do_HEAD = do_GET  # noqa: N815 - the server's name

    def do_DELETE(self) -> None:
        self.objects.pop(self.name, None)
        self.answer(204)

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.path).path)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def unchunked(body: bytes) -> bytes:
    """What the signed chunks of an upload hold."""
    whole = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            break
        whole, body = whole + rest[:size], rest[size + 2 :]
    return whole


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """An object store that the site uses, by the environment's names. Gives what is in it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Store.objects = {}
    for name, value in {**KEYS, "S3_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "default": places.storage()}
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "REDIRECTS": True}
    yield Store.objects
    server.shutdown()
    server.server_close()


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_there_and_comes_from_there(store: dict[str, bytes], alice: User, bob: User, room: Room) -> None:
    upload = upload_file(uploader=alice, room=room.public_id, file=files.upload(files.PDF, "Packing list ❄.pdf"))
    assert list(store.values()) == [files.PDF]

    answer = signed_in(alice).get(address(upload))
    link = urlsplit(answer["Location"])
    asked = parse_qs(link.query)
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
    assert asked["X-Amz-Expires"] == ["60"]
    assert "X-Amz-Signature" in asked
    assert "Packing" not in link.path
    with urlopen(answer["Location"]) as fetched:
        assert fetched.read() == files.PDF
        assert fetched.headers["Content-Type"] == "application/pdf"
        assert fetched.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Packing%20list")

    assert signed_in(bob).get(address(upload)).status_code == 404
    Membership.objects.filter(user=alice).update(state=Membership.State.LEFT)
    assert signed_in(bob).get(address(upload)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_picture_and_its_small_one_are_both_there_until_given_up(
    store: dict[str, bytes], alice: User, room: Room
) -> None:
    picture = files.upload(files.picture(size=(1200, 800)))
    upload = upload_file(uploader=alice, room=room.public_id, file=picture)
    locations = {
        signed_in(alice).get(address(upload) + query)["Location"].partition("?")[0] for query in ("", "?thumb")
    }
    assert len(store) == len(locations) == 2

    with transaction.atomic():
        remove_upload(uploader=alice, attachment=upload.public_id)
    assert not store


def test_the_names_that_add_ons_set_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKETEER_BUCKET_NAME", "bucketeer-1")
    monkeypatch.setenv("BUCKETEER_AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("BUCKETEER_AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("BUCKETEER_AWS_REGION", "us-east-1")
    options = places.storage()["OPTIONS"]

    assert (options["bucket_name"], options["region_name"], options["file_overwrite"]) == (
        "bucketeer-1",
        "us-east-1",
        False,
    )
    assert options["default_acl"] is None
    assert places.origins() == [
        "https://bucketeer-1.s3.amazonaws.com", "https://bucketeer-1.s3.us-east-1.amazonaws.com",
    ]  # fmt: skip


def test_a_cube_is_a_part_of_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDCUBE_URL", "https://cloud-cube-eu.s3.amazonaws.com/abc123")
    options = places.storage()["OPTIONS"]

    assert (options["bucket_name"], options["location"]) == ("cloud-cube-eu", "abc123")


def test_an_empty_environment_keeps_files_on_the_disk() -> None:
    assert places.storage() == places.LOCAL
    assert places.origins() == []


SHOW = """
from django.conf import settings
policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
print(*(policy[name][-1] for name in ("img-src", "media-src", "connect-src")), settings.ATTACHMENTS["REDIRECTS"])
"""


def test_pages_may_load_from_the_store_that_is_named() -> None:
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mychat.settings", "DEBUG": "1", **KEYS}
    environment["S3_ENDPOINT_URL"] = "https://files.example.com:9000/snug"
    done = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["https://files.example.com:9000"] * 3 + ["True"]
