"""The installed app: its worker under the production policy, and what one sees without the server."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.test_accessibility import RULES

pytestmark = [pytest.mark.site, pytest.mark.browser]

CONTROLLED = "() => navigator.serviceWorker.controller !== null"


def kept(page: Page) -> list[str]:
    """The addresses that the worker keeps."""
    return page.evaluate(
        """async () => {
            const found = [];
            for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
            return found;
        }"""
    )


def test_the_worker_registers_and_keeps_nothing_of_the_app(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.page.wait_for_function(CONTROLLED)
    hers.write("Between us")
    hers.sees("Between us")
    hers.open(room)
    addresses = kept(hers.page)
    assert "/offline/" in addresses
    assert [one for one in addresses if not one.startswith(("/offline/", "/static/"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_without_the_server_there_is_a_page_that_comes_back_by_itself(
    enter: Enter, room: Room, alice: User, device: dict, scheme: str
) -> None:
    hers = enter(alice, **device, color_scheme=scheme).open(room)
    hers.page.wait_for_function(CONTROLLED)
    hers.excused = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "WebSocket connection")
    hers.page.context.set_offline(True)
    hers.page.reload()
    expect(hers.page.get_by_role("heading", name="You’re offline")).to_be_visible()
    assert hers.page.evaluate("() => document.fonts.ready.then(() => document.fonts.check('16px Figtree'))")
    assert hers.page.evaluate("getComputedStyle(document.querySelector('.btn')).backgroundColor") != "rgba(0, 0, 0, 0)"
    result = Axe().run(hers.page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
    hers.page.context.set_offline(False)
    hers.settle()
    assert hers.page.url.endswith(f"/r/{room.public_id}/")
