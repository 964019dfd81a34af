"""Asking whose session a cookie is, without touching it."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import Session, User
from accounts.sessions import authenticate_session, standing_access
from tests.base import session_key, signed_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_session_tells_who_and_since_which_change(alice: User) -> None:
    assert authenticate_session(session_key(alice)) == (alice, 0)


@pytest.mark.parametrize("key", [None, "", "nobodys", "x" * 400, "\u2603"])
def test_what_is_no_session_is_nobody(db: None, key: str | None) -> None:
    assert authenticate_session(key) is None


def test_a_strangers_session_is_nobody(client, db: None) -> None:
    session = client.session
    session["seen"] = True
    session.save()
    assert authenticate_session(session.session_key) is None


def test_an_old_session_is_nobody(alice: User) -> None:
    key = session_key(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert authenticate_session(key) is None


def test_a_forged_session_is_nobody(alice: User) -> None:
    key = session_key(alice)
    Session.objects.update(session_data="not:signed")
    assert authenticate_session(key) is None


def test_a_deactivated_person_is_nobody(alice: User) -> None:
    key = session_key(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert authenticate_session(key) is None


def test_a_new_password_ends_a_session_which_stays_untouched(alice: User) -> None:
    key = session_key(alice)
    before = Session.objects.get(pk=key).session_data
    services.replace_password(user=alice, password="eleven purple teapots")
    assert authenticate_session(key) is None
    assert Session.objects.get(pk=key).session_data == before


def test_a_session_from_before_a_key_rotation_still_counts_and_stays_untouched(alice: User, settings: Settings) -> None:
    settings.SECRET_KEY = "the key of last year, long enough to be one indeed"
    key = session_key(alice)
    before = Session.objects.get(pk=key).session_data
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the key of this year, long enough to be one indeed"
    assert authenticate_session(key) == (alice, 0)
    assert Session.objects.get(pk=key).session_data == before
    settings.SECRET_KEY_FALLBACKS = []
    assert authenticate_session(key) is None
    assert Session.objects.filter(pk=key).exists()


def test_a_backend_that_is_no_more_lets_nobody_in(alice: User, settings: Settings) -> None:
    key = session_key(alice)
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert authenticate_session(key) is None


def test_one_question_answers_for_everybody(alice: User, bob: User, eve: User, django_assert_num_queries) -> None:
    keys = {user.pk: session_key(user) for user in (alice, bob, eve)}
    services.replace_password(user=bob, password="eleven purple teapots")
    signed_in(eve)
    Session.objects.filter(pk=keys[eve.pk]).delete()
    asked = {(pk, 0, key) for pk, key in keys.items()}
    with django_assert_num_queries(1):
        assert standing_access(asked) == {(alice.pk, 0, keys[alice.pk])}


def test_unknown_names_take_as_long_as_known_ones(alice: User, client, settings: Settings) -> None:
    """A stranger who measures must not learn who is here: both roads hash once."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    took = {name: min(_seconds(client, name) for _ in range(2)) for name in ("alice", "nobody-here")}
    assert 0.4 < took["alice"] / took["nobody-here"] < 2.5


def _seconds(client, name: str) -> float:
    began = time.perf_counter()
    client.post("/accounts/login/", {"login": name, "password": "wrong horse battery"})
    return time.perf_counter() - began
