"""Signing out on purpose while messages wait on the device."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import Enter, sign_in
from tests.browser.screen import Screen
from tests.browser.talk import rows

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture
def leaving(enter: Enter, room: Room, alice: User) -> Screen:
    """Alice, who signs out while a message of hers waits."""
    hers = enter(alice).routed().open(room)
    hers.is_connected()
    hers.link.cut()
    hers.write("Wait for me")
    hers.sees_state("Wait for me", "waiting")
    hers.page.wait_for_timeout(300)
    hers.goto("/me/")
    hers.page.wait_for_timeout(500)
    hers.page.locator("form[data-sign-out] button").first.click()
    expect(hers.page.get_by_text("1 message of yours has not been sent yet.")).to_be_visible()
    return hers


def test_stay(leaving: Screen) -> None:
    leaving.page.get_by_role("button", name="Stay signed in").click()
    expect(leaving.page.get_by_text("1 message of yours")).to_be_hidden()
    assert leaving.page.url.endswith("/me/")


def test_send_first(leaving: Screen, room: Room) -> None:
    leaving.page.get_by_role("button", name="Send them first").click()
    leaving.link.mend()
    leaving.page.wait_for_url("**/accounts/login/**")
    assert rows(room) == ["Wait for me"]


def test_keep(leaving: Screen, room: Room, alice: User, eve: User) -> None:
    leaving.page.get_by_role("button", name="Keep them on this device").click()
    leaving.page.wait_for_url("**/accounts/login/**")
    leaving.link.mend()
    sign_in(leaving.page.context, leaving.site, eve)
    leaving.goto("/people/")
    leaving.page.wait_for_timeout(1500)
    assert rows(room) == []
    sign_in(leaving.page.context, leaving.site, alice)
    leaving.open(room)
    leaving.sees_state("Wait for me", "sent")
    assert rows(room) == ["Wait for me"]


def test_delete(leaving: Screen, room: Room, alice: User) -> None:
    leaving.page.get_by_role("button", name="Delete them").click()
    leaving.page.wait_for_url("**/accounts/login/**")
    leaving.link.mend()
    sign_in(leaving.page.context, leaving.site, alice)
    leaving.open(room)
    leaving.is_connected()
    expect(leaving.messages).to_have_count(0)
    assert rows(room) == []
