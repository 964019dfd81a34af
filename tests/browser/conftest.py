"""People at screens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, expect

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.base import session_key
from tests.browser.screen import WAIT, Screen
from tests.servers import Site

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}

Enter = Callable[..., Screen]

expect.set_options(timeout=WAIT)  # a busy machine is slow, not wrong


@pytest.fixture
def room(transactional_db: None, alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def enter(browser: Browser, site: Site) -> Iterator[Enter]:
    """`enter(alice)`: a browser of hers, signed in; `enter(None)`: a visitor's; `beside=screen`: one more tab of his.

    Afterwards, any complaint in a console that a test hasn't excused fails it.
    """
    screens: list[Screen] = []
    contexts: list[BrowserContext] = []

    def open_screen(user: User | None, *, beside: Screen | None = None, **options: Any) -> Screen:
        if beside is None:
            contexts.append(browser.new_context(**{**DESK, "locale": "en-GB", **options}))
            if user is not None:
                sign_in(contexts[-1], site, user)
        context = contexts[-1] if beside is None else beside.page.context
        screens.append(Screen(context.new_page(), site, user))
        return screens[-1]

    yield open_screen
    for context in contexts:
        context.close()
    assert [line for screen in screens for line in screen.unexcused()] == []


def sign_in(context: BrowserContext, site: Site, user: User) -> None:
    """Gives the browser a session of `user`."""
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_key(user), "url": site.url}])
