"""Whose session a cookie is, asked without touching it."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User

Access = tuple[int, int, str]  # user id, access_epoch, session key


def authenticate_session(session_key: str | None) -> tuple[User, int] | None:
    """The person signed in by this session and the epoch of their access, or None.

    Django's own `get_user` signs people out whose session fits no longer, and renews the key of a session that was
    signed with an older SECRET_KEY. A socket can't send a cookie, so nothing is written here.
    """
    data = _load(session_key)
    user = _user_of(data)
    if user is None or not _hash_fits(user, data.get(HASH_SESSION_KEY, "")):
        return None
    return user, user.access_epoch


def live_sessions(user: User) -> list[UserSession]:
    """Where `user` is signed in now, newest first."""
    kept = UserSession.objects.filter(user=user).order_by("-created_at", "-pk")
    return [session for session in kept if authenticate_session(session.session_key)]


def standing_access(asked: set[Access]) -> set[Access]:
    """Those of `asked` whose person may act, under the same epoch, in a session that exists. Two queries."""
    people = User.objects.present().filter(pk__in={user for user, _, _ in asked})
    epochs = dict(people.values_list("pk", "access_epoch"))
    alive = Session.objects.filter(session_key__in={key for _, _, key in asked}, expire_date__gt=timezone.now())
    sessions = set(alive.values_list("session_key", flat=True))
    return {(user, epoch, key) for user, epoch, key in asked if epochs.get(user) == epoch and key in sessions}


def _load(session_key: str | None) -> dict[str, Any]:
    return SessionStore(session_key).load() if session_key else {}


def _user_of(data: dict[str, Any]) -> User | None:
    path = data.get(BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        pk = User._meta.pk.to_python(data[SESSION_KEY])
    except (KeyError, ValueError, TypeError):
        return None
    return load_backend(path).get_user(pk)


def _hash_fits(user: User, found: str) -> bool:
    """Whether the session was opened with the password of today, under the present SECRET_KEY or one before."""
    known = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(found, one) for one in known)
