"""Searching in a browser: as one types, by keyboard, without scripts, and to the message itself."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.talk import say
from tests.browser.test_accessibility import RULES
from tests.factories import make_user
from tests.search.helpers import make_group

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture
def talk(room: Room, alice: User, bob: User) -> Room:
    """A room with something to find, in more than one script."""
    make_user("nora", display_name="Nora Needle")
    make_group("Needle club", alice, bob)
    say(room, bob, "Where is the needle?", "In the hay, with **another needle**", "针在干草堆里", "שלום לכולם")
    say(room, bob, *[f"needle number {number}" for number in range(25)])
    return room


def test_typing_finds_and_a_hit_leads_to_its_message(enter: Enter, talk: Room, alice: User) -> None:
    hers = enter(alice).goto("/search/")
    field = hers.page.get_by_role("searchbox", name="Search messages, people and rooms")
    expect(field).to_be_focused()
    expect(hers.page.get_by_text("exactly these words")).to_be_visible()

    field.press_sequentially("the hay", delay=20)
    expect(hers.page.locator(".hit")).to_have_count(1)
    expect(hers.page.locator(".hit mark")).to_have_text(["the", "hay", "the"])
    expect(hers.page.locator("#found")).to_have_text("1 message found.")
    expect(hers.page).to_have_url(re.compile(r"/search/\?q=the\+hay|/search/\?q=the%20hay"))
    expect(field).to_be_focused()

    field.press("ArrowDown")
    hers.page.keyboard.press("Enter")
    expect(hers.page).to_have_url(f"{hers.site.url}/r/{talk.public_id}/?at=2")
    hers.settle()


def test_chips_filters_and_more(enter: Enter, talk: Room, alice: User) -> None:
    hers = enter(alice).goto(f"/search/?q=needle&in={talk.public_id}")
    expect(hers.page.locator(".hit")).to_have_count(20)
    hers.page.get_by_role("link", name="Show older messages").click()
    expect(hers.page.locator(".hit")).to_have_count(27)
    expect(hers.page.get_by_role("link", name="Show older messages")).to_have_count(0)

    hers.page.get_by_role("checkbox", name="Links").check()
    expect(hers.page.get_by_role("heading", name="Nothing found for “needle”")).to_be_visible()
    hers.page.get_by_role("checkbox", name="Links").uncheck()
    expect(hers.page.locator(".hit")).to_have_count(20)

    hers.page.get_by_role("link", name="in Bob").click()
    expect(hers.page.get_by_role("heading", name="People and rooms")).to_be_visible()
    expect(hers.page.get_by_role("link", name="Needle club")).to_be_visible()


def test_what_cant_be_answered_is_said_while_one_types(enter: Enter, talk: Room, alice: User) -> None:
    hers = enter(alice).goto("/search/?q=needle")
    hers.excused += ("422",)
    field = hers.page.get_by_role("searchbox")
    field.press_sequentially(" has:i", delay=20)
    expect(hers.page.locator(".hit")).to_have_count(20)  # it may become an image
    field.press_sequentially("dea", delay=20)
    expect(hers.page.get_by_role("alert")).to_contain_text("link, file, image or pin")
    field.fill("needle")
    expect(hers.page.locator(".hit")).to_have_count(20)


def test_a_room_leads_to_its_search(enter: Enter, talk: Room, alice: User) -> None:
    hers = enter(alice).open(talk)
    hers.page.get_by_role("link", name="Search in this room").click()
    expect(hers.page.get_by_role("link", name="in Bob")).to_be_visible()
    hers.page.get_by_role("searchbox").press_sequentially("hay", delay=20)
    expect(hers.page.locator(".hit")).to_have_count(1)


def test_without_scripts_everything_works(enter: Enter, talk: Room, alice: User) -> None:
    hers = enter(alice, **DESK, java_script_enabled=False).goto("/search/")
    hers.page.get_by_role("searchbox").fill("needle")
    hers.page.get_by_role("button", name="Search").click()
    expect(hers.page.locator(".hit")).to_have_count(20)
    hers.page.get_by_role("link", name="Show older messages").click()
    expect(hers.page.locator(".hit")).to_have_count(7)
    hers.page.get_by_role("link", name="Back to the newest").click()
    expect(hers.page.locator(".hit")).to_have_count(20)


def test_what_is_said_now_is_found_now(enter: Enter, talk: Room, alice: User, bob: User) -> None:
    hers = enter(alice).goto("/search/")
    say(talk, bob, "just this moment")
    hers.page.get_by_role("searchbox").press_sequentially("this moment", delay=20)
    expect(hers.page.locator(".hit")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(enter: Enter, talk: Room, alice: User, bob: User, device: dict, scheme: str) -> None:
    say(talk, bob, "long " + "x" * 600 + " needle", "שלום needle " + "ארוך " * 60)
    hers = enter(alice, **device, color_scheme=scheme)
    found = {}
    for path in ("/search/", f"/search/?q=needle&in={talk.public_id}", "/search/?q=needle", "/search/?q=zzz"):
        hers.goto(path)
        hers.page.wait_for_timeout(400)  # colours fade in
        assert hers.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        result = Axe().run(hers.page, options=RULES)
        if result.violations_count:
            found[path] = result.generate_report()
    hers.goto("/search/?q=has:fun")
    result = Axe().run(hers.page, options=RULES)
    assert (found, result.violations_count) == ({}, 0)
    hers.excused += ("422",)
