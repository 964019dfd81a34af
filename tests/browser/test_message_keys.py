"""Everything one does with messages, without a mouse."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import PHONE, Enter
from tests.browser.screen import Screen
from tests.browser.talk import say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def focus_newest(screen: Screen) -> None:
    """From the box to the newest message."""
    screen.messages.last.focus()
    expect(screen.messages.last).to_be_focused()


def test_a_whole_conversation_without_a_mouse(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "Shall I bring the cake or the bread?")
    hers, his = enter(alice).open(room), enter(bob).open(room)
    keys = hers.page.keyboard
    focus_newest(hers)
    keys.press("r")
    expect(hers.box).to_be_focused()
    keys.type("The cake")
    keys.press("Enter")
    expect(his.message("The cake").locator("[data-quote]")).to_contain_text("Shall I bring")
    expect(hers.message("The cake")).to_have_attribute("data-seq", "2")
    focus_newest(hers)
    keys.press("e")
    expect(hers.box).to_have_value("The cake")
    keys.type(", please")
    keys.press("Enter")
    his.sees("The cake, please")
    focus_newest(hers)
    keys.press("ArrowUp")
    keys.press("+")
    expect(hers.page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    keys.type("thumbs up")
    hers.page.get_by_role("gridcell", name="thumbs up").wait_for()
    keys.press("ArrowDown")
    expect(hers.page.get_by_role("gridcell", name="thumbs up")).to_be_focused()
    keys.press("Enter")
    expect(his.page.get_by_role("button", name="👍, 1, Alice")).to_be_visible()
    expect(hers.messages.first).to_be_focused()
    keys.press("p")
    expect(his.page.get_by_role("region", name="Pinned message")).to_be_visible()
    hers.message("The cake, please").focus()
    keys.press("Delete")
    expect(hers.page.get_by_role("button", name="Remove for everyone")).to_be_focused()
    keys.press("Enter")
    expect(his.page.get_by_text("This message was removed").first).to_be_visible()


def test_enter_leads_into_a_message_and_escape_out(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "See https://example.org and https://example.com")
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    focus_newest(hers)
    keys.press("Enter")
    expect(hers.messages.get_by_role("link", name="https://example.org")).to_be_focused()
    keys.press("ArrowRight")
    expect(hers.messages.get_by_role("link", name="https://example.com")).to_be_focused()
    keys.press("ArrowRight")
    expect(hers.page.get_by_role("button", name="React")).to_be_focused()
    keys.press("ArrowLeft")
    keys.press("Escape")
    expect(hers.messages.last).to_be_focused()
    keys.press("Escape")
    expect(hers.box).to_be_focused()
    assert hers.page.locator("[data-log] a:not([tabindex='-1'])").count() == 0


def test_the_menu_works_with_arrows(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "Hello")
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    focus_newest(hers)
    keys.press("Enter")
    keys.press("ArrowLeft")  # round to the last
    expect(hers.page.get_by_role("button", name="More actions")).to_be_focused()
    keys.press("Enter")
    expect(hers.page.get_by_role("menu", name="Actions for Bob")).to_be_visible()
    expect(hers.page.get_by_role("menuitemradio", name="Thumbs up")).to_be_focused()
    keys.press("ArrowRight")
    expect(hers.page.get_by_role("menuitemradio", name="Heart")).to_be_focused()
    keys.press("ArrowDown")
    expect(hers.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    keys.press("End")
    expect(hers.page.get_by_role("menuitem", name="Remove")).to_be_focused()
    keys.press("Escape")
    expect(hers.page.locator("[data-menu]")).to_be_hidden()
    expect(hers.messages.last).to_be_focused()


def test_the_grid_of_emoji_moves_by_arrows_and_remembers(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.type("Well ")
    hers.page.get_by_role("button", name="Emoji").click()
    hers.page.get_by_role("gridcell", name="grinning face", exact=True).wait_for()
    keys.press("ArrowDown")
    expect(hers.page.get_by_role("gridcell", name="grinning face", exact=True)).to_be_focused()
    first = hers.page.locator("[data-emoji-row]").first.get_by_role("gridcell")
    keys.press("End")
    expect(first.last).to_be_focused()
    keys.press("Home")
    keys.press("ArrowDown")
    expect(hers.page.locator("[data-emoji-row]").nth(1).get_by_role("gridcell").first).to_be_focused()
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    expect(hers.page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(hers.box).to_be_focused()
    expect(hers.box).to_have_value("Well 😀")
    hers.page.get_by_role("button", name="Emoji").click()
    expect(hers.page.get_by_role("rowgroup", name="Recent").get_by_role("gridcell")).to_have_text("😀")
    keys.type("no such emoji anywhere")
    expect(hers.page.get_by_text("No emoji of that name.")).to_be_visible()


def test_letters_do_nothing_for_those_who_switched_them_off(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "Hello")
    alice.letter_keys = False
    alice.save()
    hers = enter(alice).open(room)
    focus_newest(hers)
    hers.page.keyboard.press("r")
    expect(hers.page.locator("[data-bar]")).to_be_hidden()
    expect(hers.messages.last).to_be_focused()


def test_enter_makes_a_line_for_those_who_want_it(enter: Enter, room: Room, alice: User) -> None:
    alice.enter_sends = False
    alice.save()
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.type("One")
    keys.press("Enter")
    keys.type("two")
    expect(hers.box).to_have_value("One\ntwo")
    keys.press("Control+Enter")
    hers.sees_state("One\ntwo", "sent")


def test_control_b_and_i_mark_what_is_selected(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.type("bold")
    keys.press("Control+a")
    keys.press("Control+b")
    expect(hers.box).to_have_value("**bold**")
    keys.press("Control+i")
    expect(hers.box).to_have_value("**_bold_**")
    keys.press("Control+z")
    expect(hers.box).to_have_value("**bold**")


def test_a_draft_keeps_what_it_answers(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "Which one?")
    hers = enter(alice).open(room)
    focus_newest(hers)
    hers.page.keyboard.press("r")
    hers.page.keyboard.type("The left")
    hers.page.wait_for_timeout(500)  # until it is kept
    hers.page.reload()
    hers.settle()
    expect(hers.box).to_have_value("The left")
    expect(hers.page.locator("[data-bar]")).to_contain_text("Which one?")
    hers.page.keyboard.press("Escape")
    expect(hers.page.locator("[data-bar]")).to_be_hidden()
    expect(hers.box).to_have_value("The left")


def test_changes_are_not_read_aloud(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, alice, "I baked a cake")
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.page.bring_to_front()
    focus_newest(his)
    his.page.keyboard.press("Enter")
    his.page.get_by_role("button", name="More actions").click()
    his.page.get_by_role("menuitemradio", name="Heart").click()
    expect(hers.page.get_by_role("button", name="❤️, 1, Bob")).to_be_visible()
    expect(hers.page.locator("[data-polite]")).to_be_empty()


# --- By touch --------------------------------------------------------------------------------------------------------


def press(screen: Screen, text: str, *, milliseconds: int, slip: int = 0) -> None:
    """Holds a finger on a message."""
    box = screen.message(text).locator("[data-bubble]").bounding_box()
    assert box is not None
    finger = screen.page.context.new_cdp_session(screen.page)
    x, y = box["x"] + 15, box["y"] + 12
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    if slip:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + slip}]})
    screen.page.wait_for_timeout(milliseconds)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_long_press_opens_the_menu_as_a_sheet(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=30)
    say(room, bob, "Press me")
    hers, his = enter(alice, **PHONE).open(room), enter(bob).open(room)
    menu = hers.page.locator("[data-menu]")
    press(hers, "Press me", milliseconds=150)
    expect(menu).to_be_hidden()
    press(hers, "Press me", milliseconds=900, slip=-60)
    expect(menu).to_be_hidden()
    press(hers, "Press me", milliseconds=900)
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box is not None
    assert box["width"] == 390
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    for item in menu.locator("button:visible").all():
        size = item.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
    menu.get_by_role("menuitemradio", name="Heart").tap()
    expect(menu).to_be_hidden()
    expect(his.page.get_by_role("button", name="❤️, 1, Alice")).to_be_visible()
    press(hers, "Press me", milliseconds=900)
    hers.page.touchscreen.tap(200, 40)
    expect(menu).to_be_hidden()
    assert hers.page.url.endswith(f"/r/{room.public_id}/")  # the touch only closed the sheet
