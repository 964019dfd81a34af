"""No page of allauth's may come in allauth's own clothes."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from accounts import services
from accounts.models import User
from tests.base import signed_in

pytestmark = pytest.mark.django_db


def allauth_paths() -> list[str]:
    """Every path under /accounts/, with something in the place of what varies."""
    found = [path for pattern in get_resolver().url_patterns for path in _paths(pattern, "/")]
    return sorted({path for path in found if path.startswith("/accounts/")})


def _paths(pattern: URLPattern | URLResolver, prefix: str) -> list[str]:
    if isinstance(pattern, URLResolver):
        inner = prefix + str(pattern.pattern)
        return [path for child in pattern.url_patterns for path in _paths(child, inner)]
    route = str(pattern.pattern).replace("^", "").removesuffix("$")
    for name, sample in (("(?P<uidb36>[0-9A-Za-z]+)", "1"), ("(?P<key>.+)", "x-y"), (r"(?P<key>[-:\w]+)", "x-y")):
        route = route.replace(name, sample)
    return [prefix + route]


def is_ours(answer: HttpResponse) -> bool:
    """Whether it's a page of ours, or leads elsewhere."""
    return answer.status_code == 302 or (b"css/base.css" in answer.content and b"</html>" in answer.content)


def test_the_walk_finds_the_pages() -> None:
    paths = allauth_paths()
    assert len(paths) >= 16
    assert {"/accounts/login/", "/accounts/password/reset/key/1-x-y/", "/accounts/confirm-email/x-y/"} <= set(paths)
    assert not [path for path in paths if "(" in path]


@pytest.mark.parametrize("path", allauth_paths())
def test_every_page_is_ours(owner: User, alice: User, client: Client, path: str) -> None:
    assert is_ours(client.get(path))
    assert is_ours(signed_in(alice).get(path))


@pytest.mark.parametrize("path", allauth_paths())
def test_every_page_is_ours_with_mail(owner: User, alice: User, with_mail: Settings, client: Client, path: str) -> None:
    assert is_ours(client.get(path))
    assert is_ours(signed_in(alice).get(path))


def test_pages_that_need_something_before_are_ours(owner: User, alice: User, client: Client) -> None:
    link = services.make_reset_link(user=alice)
    assert is_ours(client.get(client.get(link).url))
    alice.set_unusable_password()
    alice.save()
    assert is_ours(signed_in(alice).get("/accounts/password/set/"))


def test_no_page_asks_a_browser_for_what_our_policy_forbids(owner: User, alice: User, client: Client) -> None:
    for path in allauth_paths():
        for answer in (client.get(path), signed_in(alice).get(path)):
            page = answer.content.decode()
            assert " style=" not in page
            assert " onclick=" not in page
            assert "<script>" not in page
