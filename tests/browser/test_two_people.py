"""The main job: two people find each other and talk."""

import time

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import Enter
from tests.browser.screen import WAIT
from tests.browser.talk import rows, say, talked
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_from_sign_up_to_a_read_tick(enter: Enter, bob: User) -> None:
    make_user("owner", is_superuser=True)  # nobody signs up on a site that nobody owns
    ann = enter(None).goto("/accounts/signup/")
    ann.page.get_by_label("Your name").fill("Ann")
    ann.page.get_by_label("Username").fill("ann")
    ann.page.locator("input[type=password]").fill(PASSWORD)
    ann.page.get_by_role("button", name="Create account").click()
    ann.page.wait_for_url(ann.site.url + "/")
    ann.page.get_by_role("navigation", name="Main").get_by_role("link", name="People").first.click()
    ann.page.get_by_label("Search people").fill("bob")
    ann.page.get_by_role("button", name="Message Bob").click()
    ann.settle()
    expect(ann.page.get_by_text("Say hello to Bob")).to_be_visible()
    ann.write("Hello Bob, I am new here")
    ann.sees_state("Hello Bob, I am new here", "sent")
    expect(ann.page.locator("[data-inbox] [aria-current=page]")).to_contain_text("Hello Bob, I am new here")

    his = enter(bob).goto("/")
    his.page.get_by_role("link", name="Message requests").click()
    expect(his.page.get_by_text("Hello Bob, I am new here")).to_be_visible()
    ann.sees_state("Hello Bob, I am new here", "sent")
    his.page.get_by_role("button", name="Accept").click()
    his.settle()
    his.write("Welcome!")
    ann.sees("Welcome!")
    ann.sees_state("Hello Bob, I am new here", "read")
    room = Room.objects.get()
    ann.shows_the_truth(room)
    his.shows_the_truth(room)


def test_a_conversation_both_ways_with_typing_and_ticks(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=10)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    for number in range(2):
        hers.page.wait_for_timeout(3000)  # typing is said once in three seconds
        hers.box.press_sequentially(f"Question {number}")
        expect(his.page.locator("[data-typing]")).to_be_visible()
        hers.box.press("Enter")
        his.sees(f"Question {number}")
        expect(his.page.locator("[data-typing]")).to_be_hidden()
        his.write(f"Answer {number}")
        hers.sees(f"Answer {number}")
    for screen in (hers, his):
        screen.page.bring_to_front()
        screen.page.wait_for_timeout(1500)
    hers.sees_state("Question 1", "read")
    his.sees_state("Answer 0", "read")
    hers.shows_the_truth(room)
    his.shows_the_truth(room)


def test_the_own_bubble_is_there_at_once(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.is_connected()
    hers.box.fill("Quick")
    took = hers.page.evaluate(
        """() => new Promise((resolve) => {
            const begin = performance.now();
            new MutationObserver(() => document.querySelector("[data-log] .msg") && resolve(performance.now() - begin))
                .observe(document.querySelector("[data-log]"), { childList: true, subtree: true });
            document.querySelector("[data-composer]").requestSubmit();
        })"""
    )
    assert took < 50
    hers.sees_state("Quick", "sent")


def test_the_list_follows_what_happens(enter: Enter, room: Room, alice: User, bob: User, eve: User) -> None:
    hers = enter(alice).goto("/")
    hers.page.wait_for_timeout(500)
    say(room, bob, "First", "Second")
    expect(hers.line(room)).to_contain_text("Second")
    expect(hers.line(room).locator("[data-unread-count]")).to_have_text("2")
    expect(hers.page).to_have_title("(1) Chats · mychat")
    expect(hers.page.locator(".rail [data-count]")).to_have_text("1")
    hers.line(room).click()
    hers.settle()
    expect(hers.page.get_by_role("separator", name="New messages start here")).to_contain_text("2 new messages")
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()
    expect(hers.page).to_have_title("Bob · mychat")
    outsider = enter(eve).goto("/")
    expect(outsider.page.get_by_text("No conversations yet")).to_be_visible()
    assert outsider.page.goto(f"{outsider.site.url}/r/{room.public_id}/").status == 404
    outsider.excused = ("404",)


def test_a_stranger_who_writes_appears_among_the_requests(enter: Enter, alice: User, bob: User) -> None:
    hers = enter(alice).goto("/")
    expect(hers.page.get_by_text("No conversations yet")).to_be_visible()
    hers.page.wait_for_timeout(500)
    his = enter(bob).goto("/people/@alice/")
    his.page.get_by_role("button", name="Message").click()
    his.settle()
    expect(hers.page.locator("[data-requests]")).to_be_hidden()  # nothing was said yet
    his.page.get_by_role("button", name="Wave").click()
    line = hers.page.locator("[data-requests]")
    expect(line).to_contain_text("1", timeout=WAIT)
    expect(hers.page.locator("[data-inbox] [data-room]")).to_have_count(0)
    line.click()
    hers.page.get_by_role("button", name="Accept").click()
    hers.settle()
    hers.sees("👋")
    expect(hers.page.locator("[data-inbox] [data-room]")).to_have_count(1)
    his.sees_state("👋", "read")


def test_a_dot_shows_who_is_here(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=2)
    hers = enter(alice).open(room)
    dot = hers.page.locator(f'.roomhead .dot[data-presence="{bob.public_id}"]')
    expect(dot).to_be_hidden()
    his = enter(bob).goto("/")
    expect(dot).to_be_visible()
    his.page.close()
    expect(dot).to_be_hidden(timeout=40_000)


def test_nobody_is_shown_as_here_while_disconnected(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=2)
    enter(bob).goto("/")
    hers = enter(alice).routed().open(room)
    words = hers.page.locator(".roomhead .st [data-presence]")
    expect(words).to_be_visible()
    hers.link.cut()
    expect(hers.page.locator("[data-connection]")).to_be_visible()
    expect(words).to_be_hidden()
    hers.link.mend()
    hers.page.get_by_role("button", name="Try now").click()
    expect(words).to_be_visible()


def test_markup_in_a_message_is_text(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hostile = '<img src=x onerror="document.title=1"><b>bold</b> & "quotes"\nsecond line'
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.box.fill(hostile)
    hers.box.press("Enter")
    expect(his.messages).to_have_count(1)
    assert his.shown()[0][1] == hostile == rows(room)[0]
    assert his.page.locator("[data-log] img, [data-log] b").count() == 0


def test_a_message_is_described_by_its_text(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=4)
    hers = enter(alice).open(room)
    hers.write("And one more")
    hers.sees_state("And one more", "sent")
    for message in hers.messages.all():
        expect(message).to_have_accessible_description(message.locator("[data-text]").inner_text())


def test_twenty_messages_in_a_row_arrive_in_order(enter: Enter, room: Room, alice: User, bob: User) -> None:
    """Reports, without asserting it, how long it takes from Enter on one screen to the text on the other."""
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.is_connected()
    his.is_connected()
    took = []
    for number in range(20):
        hers.box.fill(f"Tick {number}")
        begin = time.monotonic()
        hers.box.press("Enter")
        his.page.wait_for_function(
            "text => [...document.querySelectorAll('[data-text]')].at(-1)?.textContent === text", arg=f"Tick {number}"
        )
        took.append(time.monotonic() - begin)
    print(f"Enter to the other screen: median {sorted(took)[10] * 1000:.0f} ms, p95 {sorted(took)[18] * 1000:.0f} ms")  # noqa: T201
    his.shows_the_truth(room)
