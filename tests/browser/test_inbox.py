"""The list of conversations: arranged on one device, seen on the others; and getting anywhere by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.groups import create_group
from chat.rooms.members import join_group
from chat.rooms.places import arrange_place
from chat.rooms.services import open_direct_room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.screen import Screen
from tests.browser.talk import say
from tests.browser.test_accessibility import RULES
from tests.factories import make_user

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture
def group(transactional_db: None, alice: User, bob: User) -> Room:
    """A room of three and its talk."""
    room = create_group(owner=alice, name="Allotment 14", is_open=True)
    join_group(user=bob, room=room.public_id)
    return room


def choose(screen: Screen, room: Room, item: str) -> None:
    """Chooses from the menu of the room's line."""
    screen.line(room).hover()
    screen.line(room).get_by_role("button").click()
    screen.page.get_by_role("menuitem", name=item).click()


def order(screen: Screen) -> list[str]:
    return screen.page.locator("[data-inbox] [data-title]").all_text_contents()


# --- Arranging ------------------------------------------------------------------------------------------------------


def test_what_is_pinned_and_muted_here_is_so_on_my_other_device(
    enter: Enter, room: Room, alice: User, bob: User, eve: User
) -> None:
    other = open_direct_room(opener=alice, other=eve)
    say(room, bob, "older")
    say(other, eve, "newer")
    laptop, phone = enter(alice).goto("/"), enter(alice).goto("/")
    expect(phone.line(room)).to_be_visible()
    assert order(phone) == ["Eve", "Bob"]

    choose(laptop, room, "Pin to the top")
    choose(laptop, other, "Mute always")

    expect(phone.line(room).locator("[data-pin]")).to_be_visible()
    expect(phone.line(other).locator("[data-muted]")).to_be_visible()
    assert order(phone) == order(laptop) == ["Bob", "Eve"]
    expect(phone.page).to_have_title("(1) Chats · mychat")  # what is muted isn't counted
    phone.page.reload()
    assert order(phone) == ["Bob", "Eve"]
    expect(phone.line(other).locator(".badge.quiet")).to_be_visible()
    say(other, eve, "and newer still")
    expect(phone.line(other).locator("[data-unread-count]")).to_have_text("2")
    assert order(phone) == ["Bob", "Eve"]


def test_what_is_put_away_comes_back_with_a_word_for_me(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "hello")
    hers = enter(alice).goto("/")
    choose(hers, room, "Archive")
    expect(hers.line(room)).to_have_count(0)
    expect(hers.page).to_have_title("Chats · mychat")
    archive = hers.page.get_by_role("link", name="Archived 1")
    archive.click()
    expect(hers.page.get_by_role("heading", name="Archived", level=1)).to_be_visible()
    expect(hers.line(room)).to_be_visible()
    hers.goto("/")

    say(room, bob, "are you there?")

    expect(hers.line(room).locator("[data-unread-count]")).to_have_text("2")
    expect(archive).to_be_hidden()
    hers.page.reload()
    expect(hers.line(room)).to_be_visible()


def test_only_a_mention_brings_a_room_of_many_back(enter: Enter, group: Room, alice: User, bob: User) -> None:
    say(group, bob, "first")
    arrange_place(user_id=alice.pk, room=group.public_id, archived=True)
    hers = enter(alice).goto("/")
    expect(hers.page.get_by_role("link", name="Archived 1")).to_be_visible()
    say(group, bob, "to nobody in particular")
    expect(hers.line(group)).to_have_count(0)

    say(group, bob, "@alice have you got the key?")

    expect(hers.line(group).locator("[data-mentioned]")).to_be_visible()
    expect(hers.line(group)).to_contain_text("Bob: @alice have you got the key?")


def test_marked_unread_and_read_again_in_the_list(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "hello")
    Membership.objects.filter(room=room, user=alice).update(read_seq=1)
    laptop, phone = enter(alice).goto("/"), enter(alice).goto("/")
    expect(phone.line(room).locator("[data-unread]")).to_be_hidden()

    choose(laptop, room, "Mark as unread")
    expect(phone.line(room).locator("[data-unread-count]")).to_have_text("1")
    expect(phone.page).to_have_title("(1) Chats · mychat")

    choose(laptop, room, "Mark as read")
    expect(phone.line(room).locator("[data-unread]")).to_be_hidden()
    expect(phone.page).to_have_title("Chats · mychat")
    assert Membership.objects.get(room=room, user=alice).unread_from_seq is None


def test_a_sixth_pin_is_refused_in_words(enter: Enter, room: Room, alice: User) -> None:
    say(room, alice, "hello")
    for number in range(5):
        other = open_direct_room(opener=alice, other=make_user(f"friend{number}"))
        arrange_place(user_id=alice.pk, room=other.public_id, pinned=True)
    hers = enter(alice).goto("/")
    choose(hers, room, "Pin to the top")
    expect(hers.page.get_by_role("status").filter(has_text="Five conversations are pinned already")).to_be_visible()


def test_a_long_press_opens_the_menu_on_a_phone(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "hello")
    hers = enter(alice, **PHONE).goto("/")
    expect(hers.line(room)).to_be_visible()
    hers.line(room).locator("a").dispatch_event(
        "pointerdown", {"pointerType": "touch", "isPrimary": True, "clientX": 100, "clientY": 200}
    )
    hers.page.get_by_role("menuitem", name="Mute for 8 hours").tap()
    expect(hers.line(room).locator("[data-muted]")).to_be_visible()


def test_the_menu_by_keyboard(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "hello")
    hers = enter(alice).goto("/")
    keys = hers.page.keyboard
    hers.line(room).locator("a").focus()
    keys.press("Tab")
    keys.press("Enter")
    expect(hers.page.get_by_role("menuitem", name="Pin to the top")).to_be_focused()
    keys.press("ArrowUp")
    expect(hers.page.get_by_role("menuitem", name="Archive")).to_be_focused()
    keys.press("Escape")
    expect(hers.page.get_by_role("menu")).to_be_hidden()
    expect(hers.line(room).locator("a")).to_be_focused()


def test_the_bell_of_a_room(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers = enter(alice).open(room)
    bell = hers.page.get_by_role("button", name="Mute this conversation")
    bell.click()
    hers.page.get_by_role("menuitem", name="Mute for 1 hour").click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "false")


def test_what_a_group_tells_me_of(enter: Enter, group: Room, alice: User) -> None:
    hers = enter(alice).open(group)
    bell = hers.page.get_by_role("button", name="Mute this conversation")
    bell.click()
    expect(hers.page.get_by_role("menuitemradio", name="Every message")).to_be_checked()
    hers.page.get_by_role("menuitemradio", name="Only when I’m mentioned").click()
    expect(bell).to_be_focused()
    bell.click()
    expect(hers.page.get_by_role("menuitemradio", name="Only when I’m mentioned")).to_be_checked()
    assert Membership.objects.get(room=group, user=alice).level == Membership.Level.MENTIONS


# --- Drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_waits_on_my_other_device(enter: Enter, room: Room, alice: User, bob: User) -> None:
    say(room, bob, "hello")
    laptop, phone = enter(alice).open(room), enter(alice).goto("/")
    laptop.box.fill("I meant to say")
    laptop.box.blur()
    expect(phone.line(room).locator(".draft")).to_have_text("Draft:")
    expect(phone.line(room)).to_contain_text("I meant to say")

    phone.open(room)
    expect(phone.box).to_have_value("I meant to say")
    phone.write("I meant to say yes")

    expect(laptop.box).to_have_value("")
    laptop.goto("/")
    expect(laptop.line(room)).to_contain_text("I meant to say yes")
    expect(laptop.line(room)).not_to_contain_text("Draft")


def test_no_draft_comes_under_somebodys_fingers(enter: Enter, room: Room, alice: User) -> None:
    laptop, phone = enter(alice).open(room), enter(alice).open(room)
    laptop.box.press_sequentially("mine")
    phone.box.fill("theirs")
    phone.box.blur()
    laptop.page.wait_for_timeout(1000)
    expect(laptop.box).to_have_value("mine")


def test_a_draft_is_never_anybody_elses(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.box.fill("not for your eyes")
    hers.box.blur()
    hers.page.wait_for_timeout(500)
    expect(his.box).to_have_value("")
    his.page.reload()
    his.settle()
    expect(his.box).to_have_value("")


# --- Getting anywhere -----------------------------------------------------------------------------------------------


def test_the_switcher_finds_rooms_people_and_messages(
    enter: Enter, room: Room, group: Room, alice: User, bob: User
) -> None:
    make_user("zoe", display_name="Zoë Allard")
    say(room, bob, "all the tomatoes are red")
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.press("Control+k")
    options = hers.page.get_by_role("option")
    expect(options.first).to_contain_text("Allotment 14")  # recent, without the room that is open
    keys.type("all")
    expect(options.filter(has_text="Zoë Allard")).to_be_visible()
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(hers.page.locator("[data-switcher] mark").first).to_have_text("All")
    keys.press("ArrowDown")
    expect(options.filter(has_text="Zoë Allard")).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    hers.page.wait_for_url("**/r/*/")
    expect(hers.page.get_by_role("heading", name="Zoë Allard", level=1)).to_be_visible()
    hers.settle()
    keys.press("Control+k")
    keys.type("tomatoes")
    expect(options.filter(has_text="Search messages for “tomatoes”")).to_be_visible()
    keys.press("Escape")
    expect(hers.page.get_by_role("dialog")).to_be_hidden()
    expect(hers.box).to_be_focused()


def test_letters_lead_anywhere_unless_somebody_writes(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    keys = hers.page.keyboard
    keys.type("gp")
    expect(hers.box).to_have_value("gp")
    hers.box.fill("")
    hers.page.get_by_role("button", name="all shortcuts").focus()
    keys.type("gp")
    hers.page.wait_for_url("**/people/")
    keys.type("gh")
    hers.page.wait_for_url(hers.site.url + "/")
    keys.press("?")
    expect(hers.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()


def test_letters_switched_off_do_nothing(enter: Enter, room: Room, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(letter_keys=False)
    hers = enter(alice).goto("/")
    hers.page.keyboard.type("?gp/")
    hers.page.wait_for_timeout(500)
    assert hers.page.url == hers.site.url + "/"
    expect(hers.page.get_by_role("dialog")).to_have_count(0)
    hers.page.keyboard.press("Control+k")
    expect(hers.page.get_by_role("combobox")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_with_menus_and_the_switcher_open(
    enter: Enter, room: Room, group: Room, alice: User, bob: User, device: dict, scheme: str
) -> None:
    say(group, bob, "@alice hello")
    say(room, bob, "مرحبا كيف الحال")
    arrange_place(user_id=alice.pk, room=group.public_id, pinned=True, muted="always")
    hers = enter(alice, **device, color_scheme=scheme).goto("/")
    expect(hers.line(group).locator("[data-muted]")).to_be_visible()
    page, found = hers.page, {}

    def look(name: str) -> None:
        page.wait_for_timeout(400)
        result = Axe().run(page, options=RULES)
        if result.violations_count:
            found[name] = result.generate_report()

    hers.line(group).locator("button").focus()
    page.keyboard.press("Enter")
    look("menu")
    page.keyboard.press("Escape")
    page.locator("[data-switch]").click()
    page.keyboard.type("b")
    look("switcher")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('[data-shortcuts]').showModal()")
    look("keys")
    for chosen in ("rooms", "archived"):
        hers.goto(f"/?filter={chosen}")
        look(chosen)
    assert found == {}
