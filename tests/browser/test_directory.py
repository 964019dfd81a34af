"""The directory in a browser: searching as one types, scrolling on, who comes and goes."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.people.services import PAGE
from tests.browser.conftest import DESK, Enter
from tests.factories import make_user

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_typing_narrows_the_list_and_the_address_keeps_the_search(enter: Enter, alice: User, bob: User) -> None:
    make_user("elise", display_name="Élise Fournier")
    hers = enter(alice).goto("/people/")
    names = hers.page.locator(".person h3")
    expect(names).to_have_count(3)

    field = hers.page.get_by_role("searchbox", name="Search people")
    field.press_sequentially("eli", delay=30)
    expect(names).to_have_text(["Élise Fournier"])
    expect(hers.page.locator("#found")).to_have_text("Showing people who match “eli”.")
    expect(field).to_be_focused()
    expect(hers.page).to_have_url(f"{hers.site.url}/people/?q=eli&show=")

    field.press_sequentially("zzz", delay=30)
    expect(hers.page.get_by_role("heading", name="Nobody matches “elizzz”")).to_be_visible()

    hers.page.go_back()
    hers.page.go_forward()
    expect(hers.page.get_by_role("searchbox")).to_have_value("elizzz")


def test_a_filter_keeps_what_was_typed(enter: Enter, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(date_joined="2020-01-01T12:00Z")
    hers = enter(alice).goto("/people/?q=bob")
    hers.page.get_by_role("radio", name="New this week").check()
    expect(hers.page.get_by_role("heading", name="Nobody matches “bob”")).to_be_visible()
    hers.page.get_by_role("radio", name="Everyone").check()
    expect(hers.page.locator(".person h3")).to_have_text(["Bob"])


def test_scrolling_shows_everybody_once_in_order(enter: Enter, alice: User) -> None:
    for number in range(PAGE * 2):
        make_user(f"p{number}", password=None, display_name=f"Person {number:03}")
    hers = enter(alice).goto("/people/")
    names = hers.page.locator(".person h3")
    for shown in (PAGE, PAGE * 2, PAGE * 2 + 1):
        expect(names).to_have_count(shown)
        names.last.scroll_into_view_if_needed()
        hers.page.locator("main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    everybody = [f"Person {number:03}" for number in range(PAGE * 2)]
    assert names.all_inner_texts() == ["Alice (you)", *everybody]


def test_a_dot_comes_and_goes_with_the_person(enter: Enter, alice: User, bob: User) -> None:
    hers = enter(alice).goto("/people/")
    card = hers.page.locator(".person", has_text="Bob")
    expect(card.locator(".dot")).to_be_hidden()
    his = enter(bob).goto("/people/")
    expect(card.locator(".dot")).to_be_visible()
    expect(card).to_contain_text("@bob, online")
    his.page.close()
    expect(card.locator(".dot")).to_be_hidden(timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_switch_is_remembered(enter: Enter, alice: User, scheme: str) -> None:
    hers = enter(alice, color_scheme=scheme).goto("/people/")
    other = "light" if scheme == "dark" else "dark"
    hers.page.get_by_role("button", name="Switch between light and dark").click()
    hers.goto("/people/")
    expect(hers.page.locator("html")).to_have_attribute("data-theme", other)
    hers.page.get_by_role("button", name="Switch between light and dark").click()
    expect(hers.page.locator("html")).to_have_attribute("data-theme", scheme)


def test_a_password_can_be_looked_at(enter: Enter) -> None:
    visitor = enter(None).goto("/accounts/login/")
    field = visitor.page.get_by_label("Password", exact=True)
    field.fill("seven green bicycles")
    show = visitor.page.get_by_role("button", name="Show password")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(field).to_have_attribute("type", "password")


def test_without_scripts_search_pages_and_messages_work(enter: Enter, alice: User, bob: User) -> None:
    for number in range(PAGE):
        make_user(f"p{number}", password=None)
    hers = enter(alice, **DESK, java_script_enabled=False).goto("/people/")
    hers.page.get_by_role("link", name="Show more people").click()
    expect(hers.page.get_by_role("link", name="Back to the beginning")).to_be_visible()
    hers.page.get_by_role("searchbox").fill("bob")
    hers.page.get_by_role("button", name="Search").click()
    expect(hers.page.locator(".person h3")).to_have_text(["Bob"])
    hers.page.get_by_role("button", name="Message Bob").click()
    expect(hers.page).to_have_url(re.compile(r"/r/\w+/$"))
