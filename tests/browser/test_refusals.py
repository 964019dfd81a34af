"""What can't be sent says why, and keeps its text."""

import json

import pytest
from playwright.sync_api import Route, WebSocketRoute, expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import Enter
from tests.browser.talk import rows, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_a_refused_message_says_why_and_can_be_tried_again_or_discarded(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.write("Fine")
    hers.sees_state("Fine", "sent")
    zalgo = "e" + "\u0301" * 30
    hers.write(zalgo)
    hers.write("The rest goes on")
    hers.sees_state("The rest goes on", "sent")
    bubble = hers.message(zalgo)
    expect(bubble).to_have_attribute("data-state", "failed")
    expect(bubble).to_contain_text("Not sent. The text has characters that can’t be sent.")
    hers.page.reload()
    hers.settle()
    expect(bubble).to_have_attribute("data-state", "failed")
    bubble.get_by_role("button", name="Try again").click()
    expect(bubble).to_have_attribute("data-state", "failed")
    bubble.get_by_role("button", name="Discard").click()
    expect(bubble).to_have_count(0)
    hers.page.reload()
    hers.settle()
    hers.shows_the_truth(room)
    assert rows(room) == ["Fine", "The rest goes on"]


def test_too_long_is_said_before_anything_is_sent(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.box.fill("x" * 4_001)
    hers.box.press("Enter")
    expect(hers.page.get_by_text("A message can have 4,000 characters; this one has 4,001.")).to_be_visible()
    expect(hers.box).to_have_value("x" * 4_001)
    hers.box.fill("x" * 4_000)
    hers.box.press("Enter")
    expect(hers.messages).to_have_count(1)
    hers.box.fill("   \n ")
    hers.box.press("Enter")
    expect(hers.messages).to_have_count(1)
    assert rows(room) == ["x" * 4_000]


def test_slow_down_means_later_not_never(enter: Enter, room: Room, alice: User) -> None:
    """The server refuses the first post for a second: everything arrives all the same, in order."""
    hers = enter(alice)
    refused: list[str] = []

    def route(page_end: WebSocketRoute) -> None:
        server_end = page_end.connect_to_server()

        def forward(frame: str | bytes) -> None:
            command = json.loads(frame)
            if command["type"] == "message.post" and not refused:
                refused.append(command["body"])
                nack = {"type": "nack", "client_id": command["client_id"], "code": "slow_down", "message": "Wait."}
                page_end.send(json.dumps({**nack, "retry_after": 1}))
            else:
                server_end.send(frame)

        page_end.on_message(forward)

    hers.page.route_web_socket("**/ws/", route)
    hers.open(room)
    hers.is_connected()
    for number in range(3):
        hers.write(f"Line {number}")
    hers.sees_state("Line 0", "waiting")
    hers.sees_state("Line 2", "sent")
    assert refused == ["Line 0"]
    assert rows(room) == ["Line 0", "Line 1", "Line 2"]
    hers.shows_the_truth(room)


def test_without_storage_the_text_still_goes_out(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice)
    hers.page.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); }")
    hers.open(room)
    hers.write("Nothing can be kept here")
    hers.sees_state("Nothing can be kept here", "sent")
    expect(hers.box).to_have_value("")
    hers.shows_the_truth(room)


def test_on_a_plain_http_site_without_locks_and_uuids(enter: Enter, room: Room, alice: User, bob: User) -> None:
    """Browsers keep both for secure pages: then each tab sends what it wrote itself."""
    hers, his = enter(alice), enter(bob).open(room)
    hers.page.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks")
    two = enter(alice, beside=hers)
    two.page.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks")
    hers.open(room)
    two.open(room)
    assert hers.page.evaluate("[crypto.randomUUID, navigator.locks]") == [None, None]
    for number in range(4):
        (hers, two)[number % 2].write(f"Line {number}")
        his.sees(f"Line {number}")
    for screen in (hers, two, his):
        screen.shows_the_truth(room)
    assert rows(room) == [f"Line {number}" for number in range(4)]


def test_history_that_fails_to_load_is_asked_for_again(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=120)
    hers = enter(alice)
    hers.excused = ("503",)
    failures: list[str] = []

    def fail_once(route: Route) -> None:
        if failures:
            route.continue_()
        else:
            failures.append(route.request.url)
            route.fulfill(status=503, body="{}")

    hers.page.route("**/messages/?before=*", fail_once)
    hers.open(room)
    for _ in range(12):
        hers.page.locator("[data-scroller]").evaluate("(each) => each.scrollBy(0, -900)")
        hers.page.wait_for_timeout(300)
    hers.sees("Message 1 and more of it")
    assert failures
    hers.shows_the_truth(room)
