"""Being told while one looks elsewhere: the offer, the browser's notifications, and the site's notices."""

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import User
from chat.models import Notification, Room
from chat.notifications.services import notify, say_in_room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.screen import Screen
from tests.browser.test_accessibility import RULES
from tests.browser.test_installed import CONTROLLED

pytestmark = [pytest.mark.site, pytest.mark.browser]

SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag }) => ({ title, body, tag }))"""
DEFAULT = "Object.defineProperty(Notification, 'permission', { get: () => 'default' })"


def shows(screen: Screen, *notifications: dict[str, str]) -> None:
    """The browser comes to show exactly these."""
    wanted = list(notifications)
    for _ in range(100):
        if (shown := screen.page.evaluate(SHOWN)) == wanted:
            return
        screen.page.wait_for_timeout(100)
    assert shown == wanted


def worker_of(page: Page) -> tuple[CDPSession, str]:
    """The browser's end of the service worker."""
    found: list[str] = []
    session = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(
        one["registrationId"] for one in told["registrations"] if not one["isDeleted"]
    ))  # fmt: skip
    session.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(50)
    return session, found[-1]


def deliver(screen: Screen, **content: Any) -> None:
    """The push service has something for this browser."""
    session, registration = worker_of(screen.page)
    data = {"origin": screen.site.url, "registrationId": registration, "data": json.dumps(content)}
    session.send("ServiceWorker.deliverPushMessage", data)


def test_a_push_is_shown_once_for_each_room_and_replaced(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice, permissions=["notifications"]).goto("/people/")
    hers.page.wait_for_function(CONTROLLED)
    content = {"tag": room.public_id, "room": room.public_id, "url": f"/r/{room.public_id}/", "title": "Bob"}
    deliver(hers, **content, body="Are we still on?")
    shows(hers, {"title": "Bob", "body": "Are we still on?", "tag": room.public_id})
    deliver(hers, **content, body="Message removed", replaces=True)
    shows(hers, {"title": "Bob", "body": "Message removed", "tag": room.public_id})


def test_what_replaces_shows_nothing_where_nothing_is_shown(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice, permissions=["notifications"]).goto("/people/")
    hers.page.wait_for_function(CONTROLLED)
    deliver(hers, tag="one", title="Bob", body="Message removed", url="/", replaces=True)
    deliver(hers, tag="two", title="Bob", body="Hello", url="/")
    shows(hers, {"title": "Bob", "body": "Hello", "tag": "two"})


def test_without_push_the_browser_tells_of_a_hidden_room_once(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers = enter(alice, permissions=["notifications"]).goto("/people/")
    hers.page.wait_for_function(CONTROLLED)
    enter(alice, beside=hers).goto("/").is_connected()
    hers.page.wait_for_timeout(500)  # both sockets have said hello
    say_in_room(room=room, body="The water is back")
    shows(hers, {"title": "Bob", "body": "The water is back", "tag": room.public_id})
    hers.open(room)  # and reading takes it away
    shows(hers)
    expect(hers.message("The water is back")).to_be_visible()


def test_the_offer_comes_after_the_second_message_and_a_refusal_holds(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice)
    hers.page.add_init_script(DEFAULT)
    hers.open(room)
    offer = hers.page.get_by_role("group", name="Notifications")
    hers.write("One")
    hers.sees_state("One", "sent")
    expect(offer).to_be_hidden()
    hers.write("Two")
    expect(offer).to_be_visible()
    hers.page.wait_for_timeout(300)
    result = Axe().run(hers.page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
    offer.get_by_role("button", name="No, thanks").click()
    expect(offer).to_be_hidden()
    hers.open(room)
    hers.page.evaluate(f"localStorage.removeItem('mychat-sent-{alice.public_id}')")
    hers.write("Three")
    hers.write("Four")
    hers.sees_state("Four", "sent")
    expect(offer).to_be_hidden()


def test_a_notice_of_the_site_is_shown_and_counts_as_seen(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/")
    hers.is_connected()
    hers.page.wait_for_timeout(500)
    notice = notify(user=alice, kind="export", title="Your export is ready", body="12 rooms", url="/me/")
    status = hers.page.get_by_role("status").filter(has_text="Your export is ready")
    expect(status).to_contain_text("12 rooms")
    status.get_by_role("button", name="Close").click()
    expect(hers.page.get_by_text("Your export is ready")).to_have_count(0)
    for _ in range(50):
        if Notification.objects.get(pk=notice.pk).read_at:
            return
        hers.page.wait_for_timeout(100)
    raise AssertionError("never reported as seen")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_the_settings_say_how_it_stands(enter: Enter, alice: User, device: dict, scheme: str) -> None:
    hers = enter(alice, **device, color_scheme=scheme)
    hers.page.add_init_script(DEFAULT)
    hers.goto("/me/#notifications")
    expect(hers.page.get_by_role("button", name="Switch on")).to_be_visible()
    expect(hers.page.get_by_role("button", name="Send a test")).to_be_hidden()
    hers.page.get_by_label("Quiet from").fill("22:00")
    hers.page.get_by_label("Quiet until").fill("07:30")
    hers.page.get_by_role("switch", name="Show what was written").set_checked(False)
    hers.page.get_by_role("button", name="Save notifications").click()
    hers.page.wait_for_url("**/me/?saved=notifications#notifications")
    expect(hers.page.get_by_label("Quiet from")).to_have_value("22:00")
    alice.refresh_from_db()
    assert (alice.push_previews, str(alice.quiet_until)) == (False, "07:30:00")
    hers.page.wait_for_timeout(400)
    result = Axe().run(hers.page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
