"""What one does for oneself, on the screen: stars, hidden messages, a room that was marked as unread."""

from collections.abc import Callable
from time import monotonic, sleep

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.messages.changes import set_reaction
from chat.messages.private import hide_message, mark_unread, star_message
from chat.models import Membership, Room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.talk import say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def comes_true(question: Callable[[], bool]) -> bool:
    """Whether the server comes to know it."""
    deadline = monotonic() + 20
    while monotonic() < deadline and not question():
        sleep(0.2)
    return question()


def unread_from(user: User, room: Room) -> int | None:
    return Membership.objects.get(user=user, room=room).unread_from_seq


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_a_star_leads_to_its_message(enter: Enter, room: Room, alice: User, bob: User, device: dict) -> None:
    texts = talked(room, alice, bob, count=150)
    star_message(user_id=alice.pk, room=room.public_id, seq=20, on=True)
    hers = enter(alice, **device).goto("/starred/")
    result = Axe().run(hers.page)
    assert result.violations_count == 0, result.generate_report()

    hers.page.get_by_role("main").get_by_role("link", name=texts[19]).click()
    hers.settle()

    expect(hers.message(texts[19])).to_be_in_viewport()


@pytest.mark.parametrize("at_once", [True, False], ids=["while it is open", "before it is opened"])
def test_a_hidden_message_stays_away_when_it_changes(
    enter: Enter, room: Room, alice: User, bob: User, at_once: bool
) -> None:
    texts = talked(room, alice, bob, count=30)
    hide = {"user_id": alice.pk, "room": room.public_id, "seq": 20}
    if not at_once:
        hide_message(**hide)
    hers = enter(alice).open(room)
    hers.is_connected()
    if at_once:
        hers.sees(texts[19])
        hide_message(**hide)
    expect(hers.message(texts[19])).to_have_count(0)

    set_reaction(user_id=bob.pk, room=room.public_id, seq=20, emoji="🎉", on=True)
    say(room, bob, "Something new")

    hers.sees("Something new")
    expect(hers.message(texts[19])).to_have_count(0)


def test_opening_a_room_that_was_marked_as_unread_ends_it(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=30)
    mark_unread(user_id=alice.pk, room=room.public_id)
    hers = enter(alice).goto("/")
    expect(hers.line(room).locator("[data-unread]")).to_be_visible()

    hers.line(room).click()
    hers.settle()

    assert comes_true(lambda: unread_from(alice, room) is None)
    hers.goto("/")
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()


def test_reading_on_does_not_end_it(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=30)
    hers = enter(alice).open(room)
    hers.is_connected()
    mark_unread(user_id=alice.pk, room=room.public_id, seq=25)

    say(room, bob, "Something new")
    hers.sees("Something new")

    assert comes_true(lambda: Membership.objects.get(user=alice, room=room).read_seq == 31)
    hers.page.wait_for_timeout(1500)
    assert unread_from(alice, room) == 25
