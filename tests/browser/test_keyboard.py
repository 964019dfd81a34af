"""Everything works without a mouse."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.browser.conftest import Enter
from tests.browser.screen import Screen
from tests.browser.talk import rows, say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def leave_the_box(screen: Screen) -> None:
    """Shift+Tab until the focus is above where one writes."""
    while screen.page.evaluate("Boolean(document.activeElement.closest('[data-composer]'))"):
        screen.page.keyboard.press("Shift+Tab")


def test_enter_sends_and_shift_enter_makes_a_line(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    expect(hers.box).to_be_focused()
    keys.type("One line")
    keys.press("Shift+Enter")
    keys.type("and another")
    keys.press("Enter")
    expect(hers.messages).to_have_count(1)
    expect(hers.box).to_be_focused()
    hers.sees_state("One line\nand another", "sent")
    assert rows(room) == ["One line\nand another"]


def test_enter_that_ends_a_composition_sends_nothing(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.box.fill("にほん")
    for options in ("isComposing: true", "keyCode: 229"):
        hers.page.evaluate(
            f"""() => document.querySelector("[data-composer] textarea").dispatchEvent(
                new KeyboardEvent("keydown", {{ key: "Enter", bubbles: true, cancelable: true, {options} }}))"""
        )
    expect(hers.box).to_have_value("にほん")
    expect(hers.messages).to_have_count(0)


def test_the_messages_are_one_tab_stop_with_arrows_inside(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=6)
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    leave_the_box(hers)
    expect(hers.messages.nth(5)).to_be_focused()
    expect(hers.page.locator("[data-log] [data-message][tabindex='0']")).to_have_count(1)
    keys.press("ArrowUp")
    expect(hers.messages.nth(4)).to_be_focused()
    keys.press("Home")
    expect(hers.messages.nth(0)).to_be_focused()
    keys.press("End")
    expect(hers.messages.nth(5)).to_be_focused()
    keys.press("ArrowUp")
    keys.press("Escape")
    expect(hers.box).to_be_focused()


def test_a_failed_message_is_discarded_with_the_keyboard(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    hers.write("e" + "\u0301" * 30)
    expect(hers.messages.first).to_have_attribute("data-state", "failed")
    leave_the_box(hers)
    expect(hers.page.get_by_role("button", name="Discard")).to_be_focused()
    keys.press("ArrowUp")
    expect(hers.messages.first).to_be_focused()
    keys.press("Enter")
    expect(hers.page.get_by_role("button", name="Try again")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(hers.messages).to_have_count(0)
    expect(hers.box).to_be_focused()


def test_alt_and_arrows_go_from_chat_to_chat(enter: Enter, room: Room, alice: User, bob: User, eve: User) -> None:
    other, third = open_direct_room(opener=alice, other=eve), open_direct_room(opener=alice, other=alice)
    say(third, alice, "Oldest")
    say(other, alice, "Middle")
    say(room, alice, "Newest")
    hers = enter(alice).goto("/")
    keys = hers.page.keyboard
    expect(hers.line(room)).to_be_visible()
    keys.press("Alt+ArrowDown")
    hers.page.wait_for_url(f"**/r/{room.public_id}/")
    hers.settle()
    keys.press("Alt+ArrowDown")
    hers.page.wait_for_url(f"**/r/{other.public_id}/")
    hers.settle()
    keys.press("Alt+ArrowDown")
    hers.page.wait_for_url(f"**/r/{third.public_id}/")
    hers.settle()
    say(room, bob, "Something new")
    expect(hers.line(room).locator("[data-unread]")).to_be_visible()
    keys.press("Alt+Shift+ArrowUp")
    hers.page.wait_for_url(f"**/r/{room.public_id}/")


def test_a_question_mark_lists_the_shortcuts(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.type("why?")
    expect(hers.box).to_have_value("why?")
    hers.box.fill("")
    hers.page.get_by_role("button", name="all shortcuts").focus()
    keys.press("?")
    expect(hers.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    expect(hers.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_hidden()


def test_escape_goes_to_the_newest_message(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=60)
    hers = enter(alice).open(room)
    hers.page.locator("[data-scroller]").evaluate("(each) => each.scrollBy(0, -1500)")
    expect(hers.messages.last).not_to_be_in_viewport()
    hers.page.keyboard.press("Escape")
    expect(hers.messages.last).to_be_in_viewport()
    expect(hers.box).to_be_focused()


def test_arrivals_are_announced_and_own_messages_are_not(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.page.bring_to_front()
    hers.write("Mine")
    his.sees("Mine")
    expect(his.page.locator("[data-polite]")).to_contain_text("Alice: Mine")
    expect(hers.page.locator("[data-polite]")).to_be_empty()
    for number in range(6):
        hers.write(f"Burst {number}")
    expect(his.page.locator("[data-polite]")).to_contain_text("new messages")
