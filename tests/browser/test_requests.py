"""Strangers, blocks and receipts, as two people at their screens live through them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from chat.people.blocks import block_person, close_room
from chat.people.requests import room_with
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.screen import WAIT, Screen
from tests.browser.test_accessibility import RULES
from tests.factories import make_user
from tests.people.talk import group_of
from tests.people.talk import say as post

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture
def asked(transactional_db: None, alice: User, bob: User) -> Room:
    """Alice, whom Bob doesn't know, wrote to him."""
    room = room_with(bob, opener=alice)
    post(room, alice, "Hello! See **this**: https://example.org/plan")
    return room


def privacy(screen: Screen, switch: str, *, on: bool) -> None:
    """Sets one switch of the settings page."""
    screen.goto("/me/#privacy")
    screen.page.get_by_role("switch", name=switch).set_checked(on)
    screen.page.get_by_role("button", name="Save privacy").click()
    expect(screen.page.locator("#privacy [role=status]")).to_be_visible()


def test_a_request_is_accepted(enter: Enter, alice: User, bob: User) -> None:
    hers, his = enter(alice).goto("/people/@bob/"), enter(bob).goto("/")
    hers.page.get_by_role("button", name="Message").click()
    hers.settle()
    expect(hers.page.get_by_text("You can send three messages until Bob answers")).to_be_visible()
    hers.write("Hello, I am Alice")
    hers.sees_state("Hello, I am Alice", "sent")

    line = his.page.locator("[data-requests]")
    expect(line).to_contain_text("Message requests", timeout=WAIT)
    expect(line).to_contain_text("1")
    expect(his.page.locator("[data-inbox] [data-room]")).to_have_count(0)
    line.click()
    his.page.get_by_role("link", name="Alice").click()
    his.settle()
    his.sees("Hello, I am Alice")
    expect(his.box).to_be_hidden()
    his.page.wait_for_timeout(1500)  # long enough to be read and reported
    hers.sees_state("Hello, I am Alice", "sent")

    his.page.get_by_role("button", name="Accept").click()
    his.settle()
    his.write("Hello Alice")
    hers.sees("Hello Alice")
    hers.sees_state("Hello, I am Alice", "read")
    expect(hers.page.get_by_text("You can send three messages")).to_be_hidden()
    expect(his.page.locator("[data-requests]")).to_be_hidden()
    expect(hers.page.locator(".roomhead").get_by_text("Online")).to_be_visible(timeout=WAIT)


def test_three_messages_and_no_more(enter: Enter, asked: Room, alice: User) -> None:
    hers = enter(alice).open(asked)
    for number in (2, 3):
        hers.write(f"And {number}")
        hers.sees_state(f"And {number}", "sent")
    hers.write("And another one")
    hers.sees_state("And another one", "failed")
    expect(hers.message("And another one")).to_contain_text("three messages")


def test_a_request_is_declined(enter: Enter, asked: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(asked), enter(bob).open(asked)
    other_tab = enter(bob, beside=his).open(asked)
    his.page.get_by_role("button", name="Delete").click()
    his.page.wait_for_url(his.site.url + "/")
    other_tab.page.wait_for_url(his.site.url + "/", timeout=WAIT)

    expect(hers.page.get_by_text("Bob doesn’t take messages at the moment")).to_be_visible(timeout=WAIT)
    expect(hers.box).to_be_hidden()
    expect(hers.messages).to_have_count(1)


def test_a_strangers_links_do_not_open(enter: Enter, asked: Room, bob: User) -> None:
    his = enter(bob).open(asked)
    link = his.page.locator("[data-log] a[href='https://example.org/plan']")
    link.click()
    link.focus()
    his.page.keyboard.press("Enter")
    his.page.wait_for_timeout(300)

    assert his.page.url.endswith(f"/r/{asked.public_id}/")
    assert len(his.page.context.pages) == 1


def test_a_block_in_an_open_room(enter: Enter, room: Room, alice: User, bob: User) -> None:
    post(room, alice, "Are you there?"), post(room, bob, "Yes")
    hers, his = enter(alice).open(room), enter(bob).open(room)
    expect(hers.page.locator(".roomhead").get_by_text("Online")).to_be_visible(timeout=WAIT)
    hers.box.fill("Half a sent")
    profile = enter(bob, beside=his).goto("/people/@alice/")
    profile.page.get_by_role("button", name="Block Alice").click()
    expect(profile.page.get_by_role("button", name="Unblock")).to_be_visible()

    for screen in (hers, his):
        expect(screen.box).to_be_hidden(timeout=WAIT)
    expect(hers.page.get_by_text("Bob doesn’t take messages at the moment")).to_be_visible()
    expect(hers.page.locator(".roomhead").get_by_text("Online")).to_be_hidden()
    expect(his.page.get_by_text("You blocked Alice")).to_be_visible(timeout=WAIT)
    his.settle()
    his.page.get_by_role("button", name="Unblock").click()
    his.settle()
    expect(hers.box).to_be_visible(timeout=WAIT)
    expect(hers.box).to_have_value("Half a sent")
    hers.box.press("Enter")
    his.sees("Half a sent")
    expect(hers.page.locator(".roomhead").get_by_text("Online")).to_be_visible(timeout=WAIT)


def test_a_closed_conversation_is_opened_again(enter: Enter, room: Room, alice: User, bob: User) -> None:
    post(room, alice, "Are you there?")
    his = enter(bob).goto("/people/@alice/")
    his.page.get_by_role("button", name="Close").click()
    his.settle()
    expect(his.page.get_by_text("You closed this conversation")).to_be_visible()
    his.page.get_by_role("button", name="Open it again").click()
    his.settle()
    his.write("Here I am")
    his.sees_state("Here I am", "sent")


def test_receipts_are_switched_off(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.write("Read this")
    hers.sees_state("Read this", "read")
    privacy(enter(bob, beside=his), "Tell others what I’ve read", on=False)
    hers.write("And this")
    his.sees("And this")
    his.write("I did")
    hers.sees("I did")
    hers.page.wait_for_timeout(1500)  # long enough to be reported

    hers.sees_state("Read this", "read")  # what was shown stays
    hers.sees_state("And this", "sent")
    his.sees_state("I did", "sent")  # who gives none sees none
    privacy(enter(bob, beside=his), "Tell others what I’ve read", on=True)
    his.open(room)
    hers.write("Once more")
    hers.sees_state("Once more", "read")


def test_somebody_blocked_is_folded_away_in_a_group_until_asked_for(enter: Enter, alice: User, bob: User) -> None:
    group = group_of(alice, bob)
    block_person(blocker=bob, blocked=alice, on=True)
    post(group, alice, "From somebody blocked")
    his = enter(bob).open(group)
    expect(his.messages).to_have_count(1)
    expect(his.page.get_by_text("From somebody blocked")).to_have_count(0)
    his.page.get_by_role("button", name="Show", exact=True).click()
    his.sees("From somebody blocked")


PAGES = ["/requests/", "asked", "asking", "blocked", "closed", "/people/@carol/", "/me/#privacy"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(enter: Enter, asked: Room, bob: User, eve: User, device: dict, scheme: str) -> None:
    carol = make_user("carol", display_name="Carolina Bartholomäus-Featherstonehaugh")
    rooms = {"asked": asked, "asking": room_with(carol, opener=bob)}
    rooms |= {name: room_with(person, opener=bob) for name, person in [("blocked", eve), ("closed", make_user("dan"))]}
    block_person(blocker=bob, blocked=eve, on=True)
    close_room(user=bob, room=rooms["closed"].public_id, on=True)
    his = enter(bob, **device, color_scheme=scheme)
    found = {}
    for path in PAGES:
        if path in rooms:
            his.open(rooms[path])
        else:
            his.goto(path)
        for summary in his.page.locator("main details > summary").all():
            summary.click()
        his.page.wait_for_timeout(400)  # colours fade in
        result = Axe().run(his.page, options=RULES)
        if result.violations_count:
            found[path] = result.generate_report()
        assert his.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert found == {}
