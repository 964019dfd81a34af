"""axe finds nothing to say, on every page, in both themes, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import User
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
