"""Every page as it leaves the server: its policy, and nothing in it that the policy would stop."""

from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.test_permissions import ARGUMENTS, names

pytestmark = pytest.mark.django_db
ADDRESSES = sorted(name for name in names(get_resolver()) if not name.startswith("admin:"))


class Inline(HTMLParser):
    """Collects what a strict policy refuses: inline scripts, styles and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Looks at one element."""
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.found += [f"{tag} {name}" for name, value in attrs if (value or "").lower().startswith("javascript:")]


def assert_strict(response: HttpResponse) -> None:
    """The policy is there, in full, and the page keeps to it."""
    policy = {part.split()[0]: part.split()[1:] for part in response["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert not any("unsafe" in source or "http" in source for sources in policy.values() for source in sources)
    if response["Content-Type"].startswith("text/html"):
        page = Inline()
        page.feed(response.content.decode())
        assert page.found == []


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_page_is_strict(name: str, alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    values = {"room": room.public_id, "group": room.public_id, "alice": alice.public_id, "file": "nosuchfile"}
    url = reverse(name, args=[argument.format(**values) for argument in ARGUMENTS.get(name, [])])
    for client in (Client(), signed_in(alice)):
        for response in (client.get(url), client.post(url)):
            if name != "accounts:avatar" or response.status_code == 404:  # a picture has a policy of its own
                assert_strict(response)


@pytest.mark.parametrize("address", ["/nothing/", "/people/?q=zzz", "/people/?show=now", "/people/@nobody/"])
def test_pages_that_show_nothing_are_strict_too(address: str, alice: User) -> None:
    assert_strict(signed_in(alice).get(address))


def test_only_the_directory_lets_strings_become_html(alice: User, bob: User) -> None:
    client = signed_in(alice)
    assert "trusted-types htmx" in client.get("/people/")["Content-Security-Policy"]
    assert "trusted-types worker" in client.get("/people/@bob/")["Content-Security-Policy"]


def test_the_chosen_theme_is_drawn_by_the_server(alice: User) -> None:
    client = signed_in(alice)
    assert "data-theme=" not in client.get("/people/").content.decode()
    client.cookies["theme"] = "dark"
    assert '<html lang="en-GB" data-theme="dark"' in client.get("/people/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get("/people/").content.decode()


def test_every_signed_in_page_says_whose_it_is(alice: User) -> None:
    page = signed_in(alice).get("/people/").content.decode()
    assert f'data-user="{alice.public_id}"' in page
    assert '<meta name="csrf" content="' in page
    assert "data-user" not in Client().get("/accounts/login/").content.decode()
