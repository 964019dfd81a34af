"""A phone: small, touched, with a keyboard that covers half of it."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import PHONE, Enter
from tests.browser.talk import rows, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_a_conversation_by_touch(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=30)
    hers, his = enter(alice, **PHONE).goto("/"), enter(bob).open(room)
    hers.line(room).tap()
    hers.settle()
    expect(hers.box).not_to_be_focused()  # it would raise the keyboard
    expect(hers.page.locator(".tabbar")).to_be_hidden()
    hers.box.tap()
    hers.page.keyboard.type("First line")
    hers.page.keyboard.press("Enter")
    hers.page.keyboard.type("second line")
    hers.page.get_by_role("button", name="Send").tap()
    his.sees("First line\nsecond line")
    expect(hers.box).to_be_focused()  # the keyboard stays
    hers.page.get_by_role("link", name="Back to chats").tap()
    expect(hers.line(room)).to_contain_text("First line second line")
    expect(hers.page.locator(".tabbar")).to_be_visible()
    assert rows(room)[-1] == "First line\nsecond line"


def test_the_composer_stays_above_the_keyboard(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=30)
    hers = enter(alice, **PHONE).open(room)
    newest = hers.messages.last
    expect(newest).to_be_in_viewport()
    hers.page.set_viewport_size({"width": 390, "height": 480})
    expect(hers.box).to_be_in_viewport()
    expect(newest).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/", "/?filter=unread", "room", "/people/"])
def test_nothing_scrolls_sideways_at_320_pixels(enter: Enter, room: Room, alice: User, bob: User, path: str) -> None:
    talked(room, alice, bob, count=12)
    hers = enter(alice, **{**PHONE, "viewport": {"width": 320, "height": 640}})
    if path == "room":
        hers.open(room)
        hers.write("https://example.org/" + "a-very-long-address-without-a-space" * 6)
        hers.sees_state("https://example.org/" + "a-very-long-address-without-a-space" * 6, "sent")
    else:
        hers.goto(path)
    widths = (
        "[document.documentElement.scrollWidth, document.querySelector('.main, .listpane').scrollWidth, innerWidth]"
    )
    page, pane, window = hers.page.evaluate(widths)
    assert page <= window
    assert pane <= window


def test_what_one_types_is_big_enough_not_to_zoom(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice, **PHONE).open(room)
    sizes = hers.page.evaluate(
        "[...document.querySelectorAll('textarea')].map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 16
    for name in ("Send", "Back to chats"):
        box = (
            hers.page.get_by_label(name)
            .or_(hers.page.get_by_title(name))
            .or_(hers.page.get_by_role("link", name=name))
            .locator("visible=true")
            .first.bounding_box()
        )
        assert box is not None
        assert min(box["width"], box["height"]) >= 42
