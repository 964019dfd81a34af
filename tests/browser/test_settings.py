"""The settings page with scripts: a picture at once, the device's time zone, and what a password ends."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Room
from tests.accounts.pictures import SVG, picture
from tests.browser.conftest import Enter
from tests.factories import PASSWORD

pytestmark = [pytest.mark.site, pytest.mark.browser]

NEW = "eleven purple teapots"


def test_a_chosen_picture_is_up_at_once(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/me/")
    hers.page.set_input_files("input[type=file]", {"name": "me.png", "mimeType": "image/png", "buffer": picture()})
    expect(hers.page.locator(".rail .av img")).to_be_visible()
    expect(hers.page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    hers.page.get_by_role("button", name="Remove").click()
    expect(hers.page.locator(".rail .av img")).to_have_count(0)


def test_a_file_that_is_no_picture_gets_its_sentence(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/me/")
    hers.excused = ("422",)
    hers.page.set_input_files("input[type=file]", {"name": "me.png", "mimeType": "image/png", "buffer": SVG})
    expect(hers.page.get_by_text("That file isn’t a PNG, JPEG, WebP or GIF picture, or it is damaged.")).to_be_visible()


def test_saving_one_section_keeps_what_was_typed_into_another(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/me/")
    about = hers.page.get_by_label("About")
    about.fill("Half a sent")
    hers.page.set_input_files("input[type=file]", {"name": "me.png", "mimeType": "image/png", "buffer": picture()})
    expect(hers.page.locator(".rail .av img")).to_be_visible()
    expect(about).to_have_value("Half a sent")
    hers.page.get_by_role("switch", name="List me in the directory").set_checked(False)
    hers.page.get_by_label("Dark").check()
    hers.page.get_by_role("button", name="Save appearance").click()
    hers.page.wait_for_url("**/me/?saved=appearance#appearance")
    expect(about).to_have_value("Half a sent")
    expect(hers.page.get_by_role("switch", name="List me in the directory")).not_to_be_checked()
    hers.page.get_by_role("button", name="Save profile").click()
    hers.page.wait_for_url("**/me/?saved=profile#profile")
    alice.refresh_from_db()
    assert alice.bio == "Half a sent"
    about.fill("Something else")
    hers.goto("/me/")
    expect(about).to_have_value("Half a sent")


def test_the_devices_time_zone_is_offered(enter: Enter, alice: User) -> None:
    hers = enter(alice, timezone_id="Asia/Tokyo").goto("/me/")
    hers.page.get_by_role("button", name="Use that").click()
    hers.page.get_by_role("button", name="Save profile").click()
    expect(hers.page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(hers.page.get_by_text("This device is set to")).to_be_hidden()
    alice.refresh_from_db()
    assert alice.time_zone == "Asia/Tokyo"


def test_the_section_one_asked_for_is_marked_even_at_the_end(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/me/")
    marked = hers.page.locator("[data-subnav] [aria-current]")
    expect(marked).to_have_text("Profile")
    for section in ("Appearance", "Security", "Profile"):
        hers.page.locator("[data-subnav]").get_by_role("link", name=section).click()
        expect(marked).to_have_text(section)
    hers.goto("/me/")
    hers.page.locator("#main").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
    expect(marked).to_have_text("Security")


def test_letters_are_counted(enter: Enter, alice: User) -> None:
    hers = enter(alice).goto("/me/")
    hers.page.get_by_label("About").fill("Lakes 🏊\nand tea")
    expect(hers.page.get_by_text("15 of 240 characters")).to_be_visible()


def test_a_new_password_leaves_this_browser_in_and_shuts_the_others(enter: Enter, room: Room, alice: User) -> None:
    here = enter(alice).open(room)
    elsewhere = enter(alice).open(room)
    here.is_connected()
    elsewhere.is_connected()
    elsewhere.excused = ("401",)
    settings = enter(alice, beside=here).goto("/accounts/password/change/")
    settings.page.get_by_label("Current password").fill(PASSWORD)
    settings.page.get_by_label("New password", exact=True).fill(NEW)
    settings.page.get_by_label("New password again").fill(NEW)
    settings.page.get_by_role("button", name="Save the password").click()
    settings.page.wait_for_url("**/me/?saved=password#security")
    elsewhere.page.wait_for_url("**/accounts/login/**")
    here.write("Still here")
    here.sees_state("Still here", "sent")
