"""The cast and how they come in. Alice and Bob talk; Eve is the outsider whom every test should send away."""

from django.conf import settings
from django.test import Client

from accounts.models import User


def signed_in(user: User) -> Client:
    """A browser without JavaScript, signed in as `user`."""
    client = Client()
    client.force_login(user)
    return client


def session_cookie(user: User) -> str:
    """The Cookie header of a fresh session of `user`, for requests and sockets to a real server."""
    return f"{settings.SESSION_COOKIE_NAME}={session_key(user)}"


def session_key(user: User) -> str:
    """The key of a fresh session of `user`."""
    key = signed_in(user).session.session_key
    assert key is not None
    return key
