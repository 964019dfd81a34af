"""Where a push may go, and who may read it."""

import base64
import socket
import threading

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.notifications import push
from chat.notifications.push import Outcome, Parcel, is_endpoint, is_public, send_all
from tests.notifications.conftest import PushService

# The example of RFC 8291.
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


@pytest.mark.parametrize(
    "url",
    [
        "https://push.example.com/a",
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://push.example.com:443/a",
    ],
)
def test_push_services_are_endpoints(url: str) -> None:
    assert is_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.com/a",
        "https://push.example.com:8443/a",
        "https://push.example.com:x/a",
        "https://user@push.example.com/a",
        "https://127.0.0.1/a",
        "http://127.0.0.1:9999/a",
        "https://[::1]/a",
        "https://[::ffff:10.0.0.1]/a",
        "https://[fe80::1]/a",
        "https://10.1.2.3/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.0.1/a",
        "https://100.64.0.1/a",
        "https://224.0.0.1/a",
        "https://localhost/a",
        "https://metadata.google.internal/a",
        "https://printer.local/a",
        "file:///etc/passwd",
        "https://push.example.com/" + "a" * 1000,
        "",
    ],
)
def test_what_lies_inside_somebodys_network_is_none(url: str) -> None:
    assert not is_endpoint(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "fd00::1", "0.0.0.0"])
def test_private_addresses_are_told(address: str) -> None:
    assert not is_public(address)


def test_a_name_that_leads_inside_is_hung_up_on_before_a_word_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]

        def listen() -> None:
            connection, _ = inside.accept()
            with connection:
                heard.append(connection.recv(100))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        place = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        with monkeypatch.context() as lied:
            lied.setattr(socket, "getaddrinfo", lambda *_args, **_options: place)
            outcomes = send_all([Parcel("https://push.example.com/a", P256DH, AUTH, {"title": "secret"}, "topic")])
        listener.join(10)
    assert outcomes == [Outcome.FAILED]
    assert heard == [b""]


def test_keys_are_checked() -> None:
    assert push.are_keys(P256DH, AUTH)
    assert not push.are_keys(P256DH[:-2], AUTH)
    assert not push.are_keys(P256DH, "short")
    assert not push.are_keys("ü", AUTH)
    assert not push.are_keys(base64.urlsafe_b64encode(b"\x04" + b"\x01" * 64).decode(), AUTH)


def test_the_public_key_is_a_point_and_stays_the_same(settings: Settings) -> None:
    first = push.public_key()
    assert len(first) == 87
    push._vapid.cache_clear()
    assert push.public_key() == first
    push._vapid.cache_clear()
    settings.VAPID_PRIVATE_KEY = base64.urlsafe_b64encode(b"\x01" * 32).decode()
    assert push.public_key() != first
    push._vapid.cache_clear()


def test_what_is_sent_is_for_one_browser_and_signed(db: None, service: PushService, bob: User) -> None:
    browser = service.browser(bob)
    row = browser.row
    parcel = Parcel(row.endpoint, row.p256dh, row.auth, {"title": "Grüße 👋"}, "topic")
    assert send_all([parcel]) == [Outcome.REACHED]
    assert browser.told == [{"title": "Grüße 👋"}]
    headers = browser.headers[0]
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].startswith("vapid t=")
    assert headers["authorization"].endswith(push.public_key())
    assert int(headers["ttl"]) == push.TTL


def test_a_redirect_is_not_followed(db: None, service: PushService, bob: User) -> None:
    row = service.browser(bob).row
    service.status = 307
    assert send_all([Parcel(row.endpoint, row.p256dh, row.auth, {}, "topic")]) == [Outcome.FAILED]


@pytest.mark.parametrize(
    ("address", "expected"),
    [("64:ff9b::a00:1", False), ("64:ff9b::808:808", True), ("64:ff9b:1::a00:1", False), ("::10.0.0.1", False)],
)
def test_a_gateway_to_the_old_addresses_leads_nowhere_inside(address: str, expected: bool) -> None:
    assert is_public(address) is expected
