"""Whose session a cookie is, asked without touching it."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User

Access = tuple[int, int, str]  # user id, access_epoch, session key


def authenticate_session(session_key: str | None) -> tuple[User, int] | None:
    """The person signed in by this session and the epoch of their access, or None."""
    user = authenticate_sessions([session_key])[0]
    return None if user is None else (user, user.access_epoch)


def authenticate_sessions(session_keys: list[str | None]) -> list[User | None]:
    """For each session the person it signs in, or None. Two queries, however many ask.

    Django's own `get_user` signs people out whose session fits no longer, and renews the key of a session that was
    signed with an older SECRET_KEY. A socket can't send a cookie, so nothing is written here.
    """
    stored = _load({key for key in session_keys if key})
    people = User.objects.present().in_bulk({pk for pk in map(_user_id, stored.values()) if pk is not None})
    return [_signed_in_by(stored.get(key or "", {}), people) for key in session_keys]


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


def _load(session_keys: set[str]) -> dict[str, dict[str, Any]]:
    """What these sessions hold; a forged one holds nothing."""
    alive = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    decode = SessionStore().decode
    return {key: decode(data) for key, data in alive.values_list("session_key", "session_data")}


def _user_id(data: dict[str, Any]) -> int | None:
    """Whom the session names, if by a way of signing in that still exists."""
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return User._meta.pk.to_python(data[SESSION_KEY])
    except (KeyError, ValueError, TypeError, ValidationError):
        return None


def _signed_in_by(data: dict[str, Any], people: dict[int, User]) -> User | None:
    user = people.get(_user_id(data) or 0)
    return user if user and _hash_fits(user, data.get(HASH_SESSION_KEY, "")) else None


def _hash_fits(user: User, found: str) -> bool:
    """Whether the session was opened with the password of today, under the present SECRET_KEY or one before."""
    if constant_time_compare(found, user.get_session_auth_hash()):
        return True
    return any(constant_time_compare(found, one) for one in user.get_session_auth_fallback_hash())
