"""Two people and what they do with each other's messages."""

import re

import pytest
from playwright.sync_api import Locator, expect

from accounts.models import User
from chat.messages.changes import set_reaction
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from tests.browser.conftest import Enter
from tests.browser.screen import Screen
from tests.browser.talk import say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture
def notes(transactional_db: None, alice: User) -> Room:
    """Alice's room with herself."""
    found = open_direct_room(opener=alice, other=alice)
    say(found, alice, "A note")
    return found


def do(screen: Screen, text: str, deed: str) -> None:
    """Chooses something from the menu of the message with this text."""
    message = screen.message(text)
    message.hover()
    message.locator("[data-more]").click()
    screen.page.locator(f"[data-menu] [data-do={deed}]").last.click()


def notice(screen: Screen) -> Locator:
    """What was said of what was just done."""
    return screen.page.locator("[data-notice]")


def test_a_reply_quotes_and_leads_to_what_it_answers(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, alice, "Shall we meet on Sunday?")
    talked_later = [f"Other things {number}" for number in range(30)]
    say(room, alice, *talked_later)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    do(his, "Shall we meet on Sunday?", "reply")
    bar = his.page.locator("[data-bar]")
    expect(bar).to_contain_text("Reply to Alice")
    expect(his.box).to_be_focused()
    his.write("Yes, at ten")
    for screen in (hers, his):
        reply = screen.message("Yes, at ten")
        expect(reply.locator("[data-quote]")).to_contain_text("Shall we meet on Sunday?")
        expect(reply.locator("[data-quote-name]")).to_have_text("You" if screen is hers else "Alice")
        expect(reply).to_have_count(1)
    expect(bar).to_be_hidden()
    expect(hers.message("Shall we meet on Sunday?")).not_to_be_in_viewport()
    hers.message("Yes, at ten").locator("[data-quote]").click()
    expect(hers.message("Shall we meet on Sunday?")).to_be_in_viewport()
    expect(hers.message("Shall we meet on Sunday?")).to_be_focused()
    assert Message.objects.get(body="Yes, at ten").reply_to == 1


def test_a_quote_leads_to_a_message_that_is_not_on_the_page(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=260, days=9)
    hers = enter(alice).open(room)
    hers.write("Newest")
    hers.sees_state("Newest", "sent")
    Message.objects.filter(room=room, body="Newest").update(reply_to=30)
    hers.page.reload()
    hers.settle()
    old = Message.objects.get(room=room, seq=30).body
    expect(hers.message(old)).to_have_count(0)
    hers.message("Newest").locator("[data-quote]").click()
    expect(hers.message(old)).to_be_in_viewport()
    expect(hers.message("Newest")).to_have_count(0)
    say(room, bob, "Said while you read old things")
    hers.page.locator("[data-below]").get_by_text("1").wait_for()
    hers.page.get_by_role("button", name="Jump to newest").click()
    hers.sees("Said while you read old things")
    hers.shows_the_truth(room)


def test_a_reaction_is_one_for_each_person(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, alice, "I baked a cake")
    hers, his = enter(alice).open(room), enter(bob).open(room)
    his.message("I baked a cake").hover()
    his.page.locator("[data-toolbar] [data-more]").click()
    his.page.get_by_role("menuitemradio", name="Heart").click()
    heart = hers.page.get_by_role("button", name="❤️, 1, Bob")
    expect(heart).to_have_attribute("aria-pressed", "false")
    heart.click()
    expect(his.page.get_by_role("button", name="❤️, 2, you and Alice")).to_have_attribute("aria-pressed", "true")
    his.message("I baked a cake").hover()
    his.page.locator("[data-toolbar] [data-do=react]").click()
    his.page.get_by_role("searchbox", name="Search emoji").fill("shortcake")
    his.page.keyboard.press("Enter")
    expect(hers.page.locator("[data-react]")).to_have_count(2)
    expect(hers.page.get_by_role("button", name="🍰, 1, Bob")).to_be_visible()
    hers.page.get_by_role("button", name="❤️, 1, you").click()
    expect(his.page.locator("[data-react]")).to_have_count(1)


def test_a_reaction_that_is_refused_goes_again(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, alice, "I baked a cake")
    his = enter(bob).open(room)
    his.is_connected()
    Message.objects.filter(room=room).update(removed_at="2026-01-01T00:00Z", body="")  # nobody told him
    his.message("I baked a cake").hover()
    his.page.locator("[data-toolbar] [data-more]").click()
    his.page.get_by_role("menuitemradio", name="Heart").click()
    expect(notice(his)).not_to_be_empty()
    expect(his.page.locator("[data-react]")).to_have_count(0)


def test_an_edit_is_seen_with_its_history_and_in_quotes(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.write("Meet me at nien")
    his.sees("Meet me at nien")
    do(his, "Meet me at nien", "reply")
    his.write("When?")
    hers.sees("When?")
    hers.box.fill("An unfinished thought")
    do(hers, "Meet me at nien", "edit")
    expect(hers.box).to_have_value("Meet me at nien")
    hers.write("Meet me at nine")
    for screen in (hers, his):
        screen.sees("Meet me at nine")
        expect(screen.message("Meet me at nine").get_by_text("edited")).to_be_visible()
        expect(screen.message("When?").locator("[data-quote-text]")).to_have_text("Meet me at nine")
    expect(hers.box).to_have_value("An unfinished thought")
    expect(hers.message("Meet me at nine")).to_have_accessible_name(re.compile("You, .*, edited"))
    his.message("Meet me at nine").get_by_text("edited").click()
    dialog = his.page.get_by_role("dialog", name="What it said before")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_text("Meet me at nien")).to_be_visible()
    his.page.keyboard.press("Escape")
    expect(his.message("Meet me at nine")).to_be_focused()


def test_up_in_an_empty_box_edits_and_escape_gives_up(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.write("First")
    hers.write("Second")
    hers.sees_state("Second", "sent")
    keys = hers.page.keyboard
    keys.press("ArrowUp")
    expect(hers.box).to_have_value("Second")
    keys.type(" thoughts")
    keys.press("Escape")
    expect(hers.box).to_have_value("")
    expect(hers.page.locator("[data-bar]")).to_be_hidden()
    hers.sees("Second")
    keys.press("ArrowUp")
    keys.type(" thoughts")
    hers.page.wait_for_timeout(500)  # until it is kept
    hers.page.reload()
    hers.settle()
    expect(hers.box).to_have_value("Second thoughts")
    expect(hers.page.locator("[data-bar]")).to_contain_text("Edit message")
    keys.press("Enter")
    hers.sees("Second thoughts")
    expect(hers.box).to_have_value("")


def test_what_is_removed_goes_from_every_screen(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.write("My secret")
    his.sees("My secret")
    do(his, "My secret", "reply")
    his.write("Oh!")
    hers.sees("Oh!")
    do(hers, "My secret", "remove")
    dialog = hers.page.get_by_role("dialog", name="Remove this message?")
    dialog.get_by_role("button", name="Keep it").click()
    hers.sees("My secret")
    do(hers, "My secret", "remove")
    dialog.get_by_role("button", name="Remove for everyone").click()
    expect(his.page.get_by_text("This message was removed").first).to_be_visible()
    expect(hers.page.get_by_text("You removed this message")).to_be_visible()
    for screen in (hers, his):
        expect(screen.message("Oh!").locator("[data-quote-text]")).to_have_text("This message was removed")
        expect(screen.page.get_by_text("My secret")).to_have_count(
            0, timeout=15_000
        )  # arrivals are read aloud for a while


def test_what_one_removes_for_oneself_stays_for_the_other(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "Something silly", "Something else")
    hers, his = enter(alice).open(room), enter(bob).open(room)
    beside = enter(alice, beside=hers).open(room)
    do(hers, "Something silly", "remove")
    dialog = hers.page.get_by_role("dialog", name="Remove this message?")
    expect(dialog.get_by_role("button", name="Remove for everyone")).to_be_hidden()
    dialog.get_by_role("button", name="Remove for me").click()
    for screen in (hers, beside):
        expect(screen.message("Something silly")).to_have_count(0)
        screen.sees("Something else")
    his.sees("Something silly")
    hers.page.reload()
    hers.settle()
    expect(hers.message("Something silly")).to_have_count(0)


def test_a_pin_stands_above_and_leads_to_its_message(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=120, days=5)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.write("The code is 4711")
    his.sees("The code is 4711")
    do(his, "The code is 4711", "pin")
    bar = hers.page.get_by_role("region", name="Pinned message")
    expect(bar).to_contain_text("The code is 4711")
    expect(hers.page.get_by_text("Bob pinned a message")).to_be_visible()
    hers.page.locator("[data-scroller]").evaluate("(each) => each.scrollBy(0, -3000)")
    expect(hers.message("The code is 4711")).not_to_be_in_viewport()
    bar.get_by_role("link").click()
    expect(hers.message("The code is 4711")).to_be_in_viewport()
    do(hers, "The code is 4711", "pin")
    expect(his.page.get_by_role("region", name="Pinned message")).to_be_hidden()
    expect(bar).to_be_hidden()


def test_a_link_to_a_message_opens_it_in_its_place(enter: Enter, room: Room, alice: User, bob: User) -> None:
    texts = talked(room, alice, bob, count=400, days=9)
    hers = enter(alice, permissions=["clipboard-read", "clipboard-write"])
    hers.goto(f"/r/{room.public_id}/?at=120")
    hers.settle()
    expect(hers.message(texts[119])).to_be_in_viewport()
    expect(hers.message(texts[119])).to_be_focused()
    expect(hers.message(texts[-1])).to_have_count(0)
    say(room, bob, "Far below")
    for _ in range(40):  # on the way down, page after page
        hers.page.locator("[data-scroller]").evaluate("(each) => each.scrollBy(0, 2500)")
        hers.page.wait_for_timeout(120)
        if hers.message("Far below").count():
            break
    hers.sees("Far below")
    hers.shows_a_run_of(room)
    say(room, bob, "And once more")
    hers.sees("And once more")
    do(hers, "And once more", "link")
    expect(notice(hers)).to_contain_text("Link copied")
    assert hers.page.evaluate("navigator.clipboard.readText()") == f"{hers.site.url}/r/{room.public_id}/?at=402"


def test_a_message_is_forwarded_to_another_chat(enter: Enter, room: Room, alice: User, bob: User, notes: Room) -> None:
    say(room, bob, "Buy 12 eggs")
    hers = enter(alice).open(room)
    hers.is_connected()
    do(hers, "Buy 12 eggs", "forward")
    dialog = hers.page.get_by_role("dialog", name="Forward to")
    dialog.get_by_label("Find a chat").press_sequentially("notes")
    dialog.get_by_label("Notes to self").check()
    dialog.get_by_role("button", name="Forward", exact=True).click()
    expect(notice(hers)).to_have_text("Forwarded to 1 chat.")
    hers.open(notes)
    expect(hers.message("Buy 12 eggs").get_by_text("Forwarded")).to_be_visible()


def test_unread_from_here_lasts_until_it_is_read_again(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=6)
    say(room, bob, "Think about it", "And tell me")
    hers = enter(alice).open(room)
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()
    do(hers, "Think about it", "unread")
    line = hers.page.get_by_role("separator", name="New messages start here")
    expect(line).to_have_text("2 new messages")
    expect(hers.line(room).locator("[data-unread-count]")).to_have_text("2")
    hers.goto("/")
    expect(hers.line(room).locator("[data-unread-count]")).to_have_text("2")
    hers.open(room)
    expect(line).to_have_text("2 new messages")
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()
    hers.page.wait_for_timeout(1500)
    hers.goto("/")
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()


def test_formatting_comes_out_the_same_on_both_sides(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.write("This is **bold** and `code` and https://example.org/a_b")
    for screen in (hers, his):
        expect(screen.messages.locator("strong")).to_have_text("bold")
        expect(screen.messages.locator("code")).to_have_text("code")
        link = screen.messages.get_by_role("link")
        expect(link).to_have_attribute("href", "https://example.org/a_b")
        expect(link).to_have_attribute("rel", re.compile("noopener"))
        assert screen.messages.locator("[data-text]").inner_html() == his.messages.locator("[data-text]").inner_html()


def test_a_change_above_leaves_what_one_reads_where_it_is(enter: Enter, room: Room, alice: User, bob: User) -> None:
    texts = talked(room, alice, bob, count=70)
    Message.objects.filter(room=room).update(created_at=Message.objects.get(room=room, seq=70).created_at)
    hers = enter(alice).open(room)
    hers.page.locator("[data-scroller]").hover()
    hers.page.mouse.wheel(0, -900)
    hers.page.wait_for_timeout(400)
    seq = hers.page.evaluate(
        """() => Number([...document.querySelectorAll("[data-log] .msg")]
            .find((each) => each.getBoundingClientRect().top > 300).dataset.seq)"""
    )
    before = hers.message(texts[seq - 1]).bounding_box()
    for near in (seq - 14, seq + 16):  # one above what she sees, one below
        set_reaction(user_id=bob.pk, room=room.public_id, seq=near, emoji="❤️", on=True)
        expect(hers.page.locator(f'[data-seq="{near}"] [data-react]')).to_have_count(1)
    assert hers.message(texts[seq - 1]).bounding_box() == before


def test_the_sender_is_told_when_it_was_seen(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers = enter(alice).open(room)
    hers.write("Are you there?")
    hers.sees_state("Are you there?", "sent")
    seen = hers.page.locator("[data-seen-words]")
    expect(seen).to_have_count(0)
    his = enter(bob).open(room)
    his.page.bring_to_front()
    expect(seen).to_have_text(re.compile(r"^Seen \d\d:\d\d$"))
    his.write("I am")
    hers.sees("I am")
    expect(seen).to_have_count(0)
