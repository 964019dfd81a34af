"""Demo people: on a developer's own machine and nowhere else."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from accounts.sessions import authenticate_session
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HOME = {"headers": {"host": "localhost:8000"}}


@pytest.fixture
def noor(settings: Settings) -> User:
    """One of the demo people, on a demo site."""
    settings.DEBUG = settings.DEMO = True
    settings.ALLOWED_HOSTS = ["*"]
    return make_user("noor", password=DEMO_PASSWORD, is_demo=True)


def test_they_are_offered_and_come_in_by_one_click(noor: User, client: Client) -> None:
    assert b'value="noor"' in client.get("/accounts/login/", **HOME).content
    answer = client.post("/demo/", {"username": "noor", "next": "/people/"}, **HOME)
    assert answer.url == "/people/"
    assert client.get("/api/session").json() == {"user": noor.public_id}


def test_one_click_changes_from_one_to_another(noor: User, alice: User, client: Client) -> None:
    client.force_login(alice)
    client.post("/demo/", {"username": "noor"}, **HOME)
    assert client.get("/api/session").json() == {"user": noor.public_id}


def test_only_demo_people_come_in_without_a_password(noor: User, alice: User, client: Client) -> None:
    assert client.post("/demo/", {"username": "alice"}, **HOME).status_code == 404
    assert client.post("/demo/", {}, **HOME).status_code == 404
    assert client.get("/api/session").status_code == 401


def test_the_button_needs_its_token(noor: User) -> None:
    assert Client(enforce_csrf_checks=True).post("/demo/", {"username": "noor"}, **HOME).status_code == 403


@pytest.mark.parametrize(
    "place",
    [
        {"headers": {"host": "chat.example.com"}},
        {"headers": {"host": "192.168.1.5:8000"}},
        {**HOME, "REMOTE_ADDR": "192.168.1.7"},
        {**HOME, "REMOTE_ADDR": ""},
        {"headers": {"host": "localhost", "x-forwarded-for": "127.0.0.1"}},
        {"headers": {"host": "localhost", "forwarded": "for=127.0.0.1"}},
    ],
)
def test_from_elsewhere_they_are_neither_offered_nor_let_in(noor: User, client: Client, place: dict) -> None:
    assert b"noor" not in client.get("/accounts/login/", **place).content
    assert client.post("/demo/", {"username": "noor"}, **place).status_code == 404
    client.post("/accounts/login/", {"login": "noor", "password": DEMO_PASSWORD}, **place)
    assert client.get("/api/session").status_code == 401


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_has_several_names(noor: User, client: Client, host: str) -> None:
    assert b"noor" in client.get("/accounts/login/", headers={"host": host}).content


def test_outside_a_demo_they_are_refused_even_with_their_password(
    noor: User, settings: Settings, client: Client
) -> None:
    settings.DEBUG = settings.DEMO = False
    assert b"noor" not in client.get("/accounts/login/", **HOME).content
    assert client.post("/demo/", {"username": "noor"}, **HOME).status_code == 404
    answer = client.post("/accounts/login/", {"login": "noor", "password": DEMO_PASSWORD}, **HOME)
    assert answer.url == "/accounts/inactive/"
    assert client.get("/api/session").status_code == 401


def test_a_session_from_the_demo_ends_with_it(noor: User, settings: Settings, client: Client) -> None:
    client.post("/demo/", {"username": "noor"}, **HOME)
    key = client.session.session_key
    assert authenticate_session(key) is not None
    settings.DEBUG = settings.DEMO = False
    assert authenticate_session(key) is None
    assert client.get("/api/session").status_code == 401


def test_outside_a_demo_they_are_not_among_the_people(noor: User, settings: Settings) -> None:
    assert User.objects.listed().filter(pk=noor.pk).exists()
    settings.DEMO = False
    assert not User.objects.listed().filter(pk=noor.pk).exists()
