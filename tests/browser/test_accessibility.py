"""axe finds nothing to say, on every page, in both themes, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.messages.changes import edit_message, pin_message, remove_message, set_reaction
from chat.models import Room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.talk import say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PAGES = ["/", "/?filter=unread", "room", "empty room", "notes", "/", "/people/", "/people/@bob/", "/me/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_on_a_members_pages(
    enter: Enter, room: Room, alice: User, bob: User, eve: User, device: dict, scheme: str
) -> None:
    talked(room, alice, bob, count=12)
    say(room, bob, "Something new")
    hers = enter(alice, **device, color_scheme=scheme)
    found = {}
    for path in PAGES:
        if path == "room":
            hers.open(room)
            hers.write("e" + "\u0301" * 30)
            hers.page.locator("[data-state=failed]").wait_for()
        elif path in {"empty room", "notes"}:
            hers.goto("/people/@eve/" if path == "empty room" else "/people/@alice/")
            hers.page.get_by_role("button", name="Message" if path == "empty room" else "Notes to self").click()
            hers.settle()
        else:
            hers.goto(path)
        hers.page.wait_for_timeout(400)  # colours fade in
        result = Axe().run(hers.page, options=RULES)
        if result.violations_count:
            found[path] = result.generate_report()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/"])
def test_axe_finds_nothing_on_a_visitors_pages(enter: Enter, path: str, scheme: str) -> None:
    visitor = enter(None, color_scheme=scheme).goto(path)
    visitor.page.wait_for_timeout(400)
    result = Axe().run(visitor.page, options=RULES)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_on_what_one_can_do_with_a_message(
    enter: Enter, room: Room, alice: User, bob: User, device: dict, scheme: str
) -> None:
    say(room, bob, "Plain", "**Bold**, `code`, https://example.org and a list\n- one\n- two\n\n> quoted", "Removed")
    say(room, alice, "Mine", "Edited")
    remove_message(user_id=bob.pk, room=room.public_id, seq=3)
    edit_message(user_id=alice.pk, room=room.public_id, seq=5, body="Edited, really")
    set_reaction(user_id=bob.pk, room=room.public_id, seq=4, emoji="❤️", on=True)
    set_reaction(user_id=alice.pk, room=room.public_id, seq=1, emoji="👍", on=True)
    pin_message(user_id=bob.pk, room=room.public_id, seq=1, on=True)
    hers = enter(alice, **device, color_scheme=scheme).open(room)
    keys = hers.page.keyboard
    found = {}

    def look(what: str) -> None:
        hers.page.wait_for_timeout(500)  # what opens fades in
        result = Axe().run(hers.page, options=RULES)
        if result.violations_count:
            found[what] = result.generate_report()

    mine = hers.message("Mine")
    mine.focus()
    look("a message with the focus")
    keys.press("Enter")
    mine.get_by_role("button", name="More actions").press("Enter")
    expect(hers.page.locator("[data-menu]")).to_be_visible()
    look("menu")
    keys.press("Escape")
    mine.focus()
    keys.press("+")
    hers.page.get_by_role("gridcell").first.wait_for()
    look("picker")
    keys.press("Escape")
    mine.focus()
    keys.press("r")
    look("reply")
    for key in ("Delete", "f"):
        mine.focus()
        keys.press(key)
        expect(hers.page.locator("dialog[open]")).to_be_visible()
        look(f"dialog of {key}")
        keys.press("Escape")
    hers.page.locator("[data-edited]").press("Enter")
    expect(hers.page.locator("[data-edit-text]").first).to_be_visible()
    look("edits")
    keys.press("Escape")
    hers.page.locator("[data-pin-all]").press("Enter")
    look("pins")
    assert found == {}
