"""Whose session a cookie is, asked without touching it."""

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Session, User
from accounts.session_store import SessionStore

Access = tuple[int, int, str]  # user id, access_epoch, session key


def authenticate_session(session_key: str | None) -> tuple[User, int] | None:
    """The person signed in by this session and the epoch of their access, or None."""
    user = authenticate_sessions([session_key])[0]
    return None if user is None else (user, user.access_epoch)


def authenticate_sessions(session_keys: list[str | None]) -> list[User | None]:
    """For each session the person it signs in, or None. One query, however many ask.

    Django's own `get_user` signs people out whose session fits no longer, and renews the key of a session that was
    signed with an older SECRET_KEY. A socket can't send a cookie, so nothing is written here.
    """
    found = _alive({key for key in session_keys if key}).select_related("user")
    people = {session.session_key: session.user for session in found if _signs_in(session)}
    return [people.get(key or "") for key in session_keys]


def live_sessions(user: User) -> list[UserSession]:
    """Where `user` is signed in now, newest first."""
    kept = UserSession.objects.filter(user=user).order_by("-created_at", "-pk")
    return [session for session in kept if authenticate_session(session.session_key)]


def standing_access(asked: set[Access]) -> set[Access]:
    """Those of `asked` whose person may act, under the same epoch, in a session that exists. One query."""
    found = _alive({key for _, _, key in asked}).values_list("user_id", "user__access_epoch", "session_key")
    return asked & set(found)


def _alive(session_keys: set[str]) -> QuerySet[Session]:
    """Those of the sessions that have not run out and belong to somebody who may act."""
    stands = {"expire_date__gt": timezone.now(), "user__in": User.objects.present()}
    return Session.objects.filter(session_key__in=session_keys, **stands)


def _signs_in(session: Session) -> bool:
    """Whether the session's signed data names its person, by a way of signing in and a password that still hold."""
    data = SessionStore().decode(session.session_data)  # {} if forged
    return (
        session.user is not None
        and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and data.get(SESSION_KEY) == str(session.user_id)
        and _hash_fits(session.user, data.get(HASH_SESSION_KEY, ""))
    )


def _hash_fits(user: User, found: str) -> bool:
    """Whether the session was opened with the password of today, under the present SECRET_KEY or one before."""
    if constant_time_compare(found, user.get_session_auth_hash()):
        return True
    return any(constant_time_compare(found, one) for one in user.get_session_auth_fallback_hash())
