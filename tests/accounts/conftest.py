"""What the tests of accounts share."""

from collections.abc import Callable, Iterator

import pytest
from django.dispatch import receiver
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from accounts.models import User
from accounts.signals import access_changed, choices_changed, privacy_changed
from tests.factories import make_user

# A busy machine is no bug.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")

Heard = list[tuple[User, str, str | None]]


@pytest.fixture
def owner(db: None) -> User:
    """Who runs the site; without one nobody can sign up."""
    return make_user("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def with_mail(settings: Settings) -> Settings:
    """The site as it is with EMAIL_URL; allauth reads its settings at every request."""
    settings.HAS_MAIL = True
    settings.ACCOUNT_LOGIN_METHODS = {"username", "email"}
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    return settings


@pytest.fixture
def heard(transactional_db: None) -> Iterator[Heard]:
    """What was announced about people's access, after commit: (user, reason, session key)."""
    told: Heard = []

    @receiver(access_changed)
    def listen(user: User, reason: str, session_key: str | None, **_: object) -> None:
        told.append((user, reason, session_key))

    yield told
    access_changed.disconnect(listen)


@pytest.fixture
def hidden(transactional_db: None) -> Iterator[list[User]]:
    """Whose presence was announced, after commit, to be fewer people's business."""
    told: list[User] = []

    @receiver(privacy_changed)
    def listen(user: User, **_: object) -> None:
        told.append(user)

    yield told
    privacy_changed.disconnect(listen)


@pytest.fixture
def chosen(transactional_db: None) -> Iterator[list[frozenset[str]]]:
    """What people were announced, after commit, to have chosen anew."""
    told: list[frozenset[str]] = []

    @receiver(choices_changed)
    def listen(changed: frozenset[str], **_: object) -> None:
        told.append(changed)

    yield told
    choices_changed.disconnect(listen)


@pytest.fixture
def sign_up(client: Client) -> Callable[..., object]:
    """Fills the sign-up form like a careful newcomer; keyword arguments change fields."""

    def send(**changes: str) -> object:
        fields = {"display_name": "Ida Lindqvist", "username": "ida", "password1": "correct horse battery"}
        return client.post("/accounts/signup/", fields | changes)

    return send
