"""Signing in through proxies: limits and the list of sessions go by the address that the doorway found."""

import urllib.parse
import urllib.request
from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings

from accounts.models import User
from tests.factories import PASSWORD
from tests.servers import Site

TOKEN = "a" * 32  # the cookie and the field of a form have to agree, and that is all


def sign_in(site: Site, forwarded: str | None, login: str = "alice") -> str:
    """Sends the sign-in form like a proxy that passes this X-Forwarded-For. Returns the page that follows."""
    fields = {"login": login, "password": PASSWORD, "csrfmiddlewaretoken": TOKEN}
    headers = {"Cookie": f"{settings.CSRF_COOKIE_NAME}={TOKEN}"} | ({"X-Forwarded-For": forwarded} if forwarded else {})
    request = urllib.request.Request(
        f"{site.url}/accounts/login/", urllib.parse.urlencode(fields).encode(), headers=headers
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def behind_two(alice: User, make_site: Callable[..., Site]) -> Site:
    """A site behind two proxies of ours."""
    return make_site(env={"TRUSTED_PROXY_COUNT": "2"})


def test_a_session_is_listed_with_the_address_of_the_caller(alice: User, behind_two: Site) -> None:
    cases = {
        "203.0.113.9, 198.51.100.2": "203.0.113.9",
        "6.6.6.6, 203.0.113.9, 198.51.100.2": "203.0.113.9",  # the caller invented one
        "<script>, 198.51.100.2": "127.0.0.1",
        "203.0.113.9": "127.0.0.1",  # a proxy too few: not by our way
        None: "127.0.0.1",
    }
    for forwarded, expected in cases.items():
        sign_in(behind_two, forwarded)
        assert UserSession.objects.latest("pk").ip == expected, forwarded
    assert UserSession.objects.filter(user=alice).count() == len(cases)


def test_invented_addresses_give_no_more_guesses(alice: User, behind_two: Site) -> None:
    for number in range(10):
        sign_in(behind_two, f"6.6.6.{number}, 203.0.113.9, 198.51.100.2", login=f"nobody{number}")
    assert "Please wait five minutes" in sign_in(behind_two, "7.7.7.7, 203.0.113.9, 198.51.100.2")
    assert not UserSession.objects.exists()
    sign_in(behind_two, "203.0.113.10, 198.51.100.2")
    assert UserSession.objects.get().user == alice
