"""Several tabs of one person."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Message, Room
from tests.browser.conftest import Enter
from tests.browser.talk import rows, say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_reading_in_one_tab_clears_the_other(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=4)
    one = enter(alice).goto("/")
    two = enter(alice, beside=one).goto("/people/")
    elsewhere = enter(alice).goto("/")
    one.page.wait_for_timeout(500)
    say(room, bob, "Ping")
    for tab in (one, elsewhere):
        expect(tab.line(room).locator("[data-unread-count]")).to_have_text("1")
    expect(two.page).to_have_title("(1) People · mychat")
    one.page.bring_to_front()
    one.line(room).click()
    one.settle()
    expect(two.page).to_have_title("People · mychat")
    expect(elsewhere.line(room).locator("[data-unread]")).to_be_hidden()


def test_two_tabs_show_the_same_and_send_once(enter: Enter, room: Room, alice: User, bob: User) -> None:
    one = enter(alice).open(room)
    two = enter(alice, beside=one).open(room)
    his = enter(bob).open(room)
    for number in range(6):
        tab = (one, two)[number % 2]
        tab.page.bring_to_front()
        tab.write(f"Tab {number % 2}, line {number}")
    for screen in (one, two, his):
        for number in range(6):
            screen.sees(f"Tab {number % 2}, line {number}")
        screen.shows_the_truth(room)
    assert rows(room) == [f"Tab {number % 2}, line {number}" for number in range(6)]


def test_what_one_tab_queued_another_sends(enter: Enter, room: Room, alice: User) -> None:
    one = enter(alice).routed().open(room)
    one.is_connected()
    one.link.cut()
    one.write("Written, then the tab was closed")
    one.sees_state("Written, then the tab was closed", "waiting")
    one.page.wait_for_timeout(300)
    two = enter(alice, beside=one).goto("/people/")
    one.page.close()
    two.page.wait_for_timeout(2000)
    assert rows(room) == ["Written, then the tab was closed"]


def test_a_draft_is_shared_and_survives(enter: Enter, room: Room, alice: User, bob: User, eve: User) -> None:
    talked(room, alice, bob, count=2)
    one = enter(alice).open(room)
    one.box.press_sequentially("Half a thou")
    expect(one.page.get_by_text("Draft saved")).to_be_visible()
    one.page.reload()
    one.settle()
    expect(one.box).to_have_value("Half a thou")
    two = enter(alice, beside=one).goto("/")
    expect(two.line(room)).to_contain_text("Half a thou")
    one.page.bring_to_front()
    one.box.press_sequentially("ght")
    one.box.press("Enter")
    one.sees_state("Half a thought", "sent")
    expect(two.line(room)).not_to_contain_text("Draft:")
    assert Message.objects.last().body == "Half a thought"


def test_a_theme_reaches_the_other_tabs(enter: Enter, alice: User) -> None:
    one = enter(alice, color_scheme="light").goto("/me/")
    two = enter(alice, beside=one).goto("/people/")
    one.page.bring_to_front()
    one.page.get_by_role("button", name="Switch between light and dark").click()
    expect(two.page.locator("html")).to_have_attribute("data-theme", "dark")
    one.page.get_by_label("System").check()
    one.page.get_by_role("button", name="Save appearance").click()
    expect(two.page.locator("html")).not_to_have_attribute("data-theme", "dark")
