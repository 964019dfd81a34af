"""Whose page may open a socket: scheme, host and port, to the letter."""

import pytest
from pytest_django import Settings

from chat.live.auth import same_origin, session_key_of

pytestmark = pytest.mark.unit


def scope(origin: str | None, host: str, *, scheme: str = "ws", proto: str | None = None) -> dict:
    headers = [(b"host", host.encode("latin-1"))]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    if proto is not None:
        headers.append((b"x-forwarded-proto", proto.encode()))
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.fixture(autouse=True)
def hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.com", "127.0.0.1", "[::1]"]
    settings.BEHIND_PROXY = False


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://chat.example.com", "chat.example.com"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_our_own_page(origin: str, host: str) -> None:
    assert same_origin(scope(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "chat.example.com"),
        ("", "chat.example.com"),
        ("null", "chat.example.com"),
        ("https://chat.example.com", "chat.example.com"),
        ("http://chat.example.com:81", "chat.example.com"),
        ("http://evil.example", "chat.example.com"),
        ("http://chat.example.com.evil.example", "chat.example.com"),
        ("http://evil.example", "evil.example"),  # a rebound name: the host isn't ours
        ("http://", ""),
        ("http://chat.example.com/", "chat.example.com"),
        ("http://CHAT.example.com", "chat.example.com"),
        ("http://127.0.0.1:8001", "127.0.0.1:8000"),
    ],
)
def test_any_other_page(origin: str | None, host: str) -> None:
    assert not same_origin(scope(origin, host))


def test_behind_a_proxy_its_word_on_the_scheme_counts(settings: Settings) -> None:
    settings.BEHIND_PROXY = True

    assert same_origin(scope("https://chat.example.com", "chat.example.com", proto="https"))
    assert not same_origin(scope("http://chat.example.com", "chat.example.com", proto="https"))
    assert not same_origin(scope("https://chat.example.com", "chat.example.com"))


def test_without_a_proxy_nobodys_word_on_the_scheme_counts() -> None:
    assert not same_origin(scope("https://chat.example.com", "chat.example.com", proto="https"))


def test_the_session_is_found_among_other_cookies(settings: Settings) -> None:
    name = settings.SESSION_COOKIE_NAME
    found = {"headers": [(b"cookie", f'a=b; {name}=thekey0123456789; "broken; =x'.encode())]}

    assert session_key_of(found) == "thekey0123456789"
    assert session_key_of({"headers": [(b"cookie", f'{name}="\\000thekey0123456789"'.encode())]}) == ""
    assert session_key_of({"headers": [(b"cookie", b"\xff\xfe=;;")]}) == ""
    assert session_key_of({"headers": []}) == ""
