"""Who may open a socket: the exact origin, and the cookie that names a session."""

import re
from typing import Any

from django.conf import settings
from django.http.cookie import parse_cookie
from django.http.request import validate_host

SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str:
    """The request's header, "" if there is none or it isn't text."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def session_key_of(scope: Scope) -> str:
    """The session key in the cookie, or "" if there is none that could be one: what is asked of the database for one
    is asked together with others' (a NUL, which a cookie can carry, would break the question for all).
    """
    key = parse_cookie(header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")
    return key if SESSION_KEY.fullmatch(key) else ""


def same_origin(scope: Scope) -> bool:
    """Whether the page that opens the socket is ours: scheme, host and port, to the letter.

    Browsers send Origin with every socket and cookies along with it, so without this any web site could open a
    signed-in visitor's socket and read along. Channels' own validator compares the host alone.
    """
    host = header(scope, b"host")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return (
        validate_host(name.lower(), settings.ALLOWED_HOSTS) and header(scope, b"origin") == f"{_scheme(scope)}://{host}"
    )


def _scheme(scope: Scope) -> str:
    if settings.BEHIND_PROXY:
        return "https" if header(scope, b"x-forwarded-proto").split(",")[0].strip() == "https" else "http"
    return "https" if scope.get("scheme") == "wss" else "http"
