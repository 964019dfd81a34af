"""Groups at screens: made, joined, talked in, renamed and left by three people."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.groups import change_group, create_group
from chat.rooms.invites import make_invite
from chat.rooms.members import remove_member
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.talk import say
from tests.browser.test_accessibility import RULES
from tests.factories import make_user

pytestmark = [pytest.mark.site, pytest.mark.browser]

LONG = "A room with a name that is just about as long as names may be"[:60]


@pytest.fixture
def group(transactional_db: None, alice: User, bob: User, eve: User) -> Room:
    """Alice's, with Bob in it."""
    return create_group(owner=alice, name="Boats", topic="Wood and water", people=[bob])


def test_a_room_is_made_joined_and_talked_in(enter: Enter, alice: User, bob: User, eve: User) -> None:
    create_group(owner=alice, name="Before", people=[bob])
    hers, his, theirs = enter(alice), enter(bob), enter(eve)
    his.goto("/")
    hers.goto("/r/new/")
    hers.page.get_by_label("Name", exact=True).fill("Boats")
    hers.page.get_by_label("Topic").fill("Wood and water")
    hers.page.get_by_role("radio", name="Open").check()
    hers.page.get_by_role("checkbox", name="Bob").check()
    hers.page.get_by_role("button", name="Create room").click()
    hers.settle()
    expect(hers.page.get_by_role("heading", name="Boats", level=1)).to_be_visible()
    expect(hers.page.get_by_text("You added Bob")).to_be_visible()

    his.page.get_by_role("link", name="Boats").click()  # it came into his list by itself
    his.settle()
    his.write("Who has a plank?")
    theirs.goto("/rooms/")
    theirs.page.get_by_role("button", name="Join Boats").click()
    theirs.settle()
    expect(theirs.page.get_by_role("log").get_by_text("Who has a plank?")).to_be_visible()
    expect(hers.page.get_by_text("Eve joined")).to_be_visible()
    expect(hers.page.get_by_text("3 members").first).to_be_visible()

    theirs.write("I have one")
    for screen in (hers, his):
        expect(screen.page.get_by_role("log").get_by_text("I have one")).to_be_visible()
    expect(his.page.get_by_role("log").get_by_text("Eve", exact=True)).to_be_visible()


def test_a_name_is_completed_by_keyboard_and_calls_who_is_meant(
    enter: Enter, group: Room, alice: User, bob: User
) -> None:
    hers, his = enter(alice).open(group), enter(bob)
    his.goto("/")
    box = hers.page.get_by_role("textbox", name="Message Boats")

    box.press_sequentially("a plank for @b")
    expect(hers.page.get_by_role("option", name="Bob")).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == "mention-0"
    box.press("Escape")
    expect(hers.page.get_by_role("listbox")).to_be_hidden()
    box.press_sequentially("o")
    expect(hers.page.get_by_role("option", name="Bob")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("a plank for @bob ")
    box.press("Enter")

    expect(hers.page.locator(".mention", has_text="@bob")).to_be_visible()
    line = his.page.get_by_role("listitem").filter(has_text="Boats")
    expect(line.get_by_text("You’re mentioned.")).to_be_attached()
    his.open(group)
    expect(his.page.locator(".mention.me", has_text="@bob")).to_be_visible()


def test_everybody_is_offered_where_one_may_call_them(enter: Enter, group: Room, alice: User, bob: User) -> None:
    his = enter(bob).open(group)
    box = his.page.get_by_role("textbox", name="Message Boats")
    box.press_sequentially("@ev")
    his.page.get_by_role("option", name="Everyone").click()
    expect(box).to_have_value("@everyone ")


def test_a_rename_reaches_every_screen(enter: Enter, group: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice), enter(bob).open(group)
    hers.goto(f"/r/{group.public_id}/settings/")
    hers.page.get_by_label("Name", exact=True).fill("Ships")
    hers.page.get_by_label("Topic").fill("Iron")
    hers.page.get_by_role("button", name="Save").click()
    expect(hers.page.get_by_text("Saved.")).to_be_visible()

    expect(his.page.get_by_role("heading", name="Ships", level=1)).to_be_visible()
    expect(his.page.get_by_role("complementary").get_by_text("Iron")).to_be_visible()
    expect(his.page.get_by_text("Alice named the room “Ships”")).to_be_visible()
    expect(his.page.get_by_role("link", name="Ships").first).to_be_visible()


def test_who_is_removed_goes_from_the_room(enter: Enter, group: Room, alice: User, bob: User) -> None:
    his = enter(bob).open(group)

    remove_member(user=alice, room=group.public_id, person=bob.public_id)

    his.page.wait_for_url("**/")
    expect(his.page.get_by_role("link", name="Boats")).to_have_count(0)


def test_several_people_type(enter: Enter, group: Room, alice: User, bob: User, eve: User) -> None:
    Membership.objects.create(room=group, user=eve)
    hers, his, theirs = enter(alice).open(group), enter(bob).open(group), enter(eve).open(group)

    his.page.get_by_role("textbox", name="Message Boats").press_sequentially("so")
    expect(hers.page.get_by_text("Bob is typing", exact=True)).to_be_visible()
    theirs.page.get_by_role("textbox", name="Message Boats").press_sequentially("so")
    expect(hers.page.get_by_text("Bob and Eve are typing", exact=True)).to_be_visible()
    his.page.keyboard.press("Enter")
    expect(hers.page.get_by_text("Eve is typing", exact=True)).to_be_visible()


def test_who_has_seen_a_message_is_told_with_names(enter: Enter, group: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(group), enter(bob).open(group)
    hers.write("seen?")
    expect(his.page.get_by_role("log").get_by_text("seen?")).to_be_visible()
    his.page.bring_to_front()
    hers.page.wait_for_timeout(1500)
    hers.page.bring_to_front()

    hers.page.get_by_role("button", name="Seen by 1").click()
    expect(hers.page.get_by_role("dialog", name="Seen by 1 person").get_by_text("Bob")).to_be_visible()
    hers.page.keyboard.press("Escape")
    expect(hers.page.get_by_role("dialog", name="Seen by 1 person")).to_be_hidden()


def test_the_pages_work_without_scripts(enter: Enter, group: Room, alice: User, eve: User) -> None:
    change_group(user=alice, room=group.public_id, is_open=True)
    hers, theirs = enter(alice, java_script_enabled=False), enter(eve, java_script_enabled=False)
    theirs.page.goto(f"{theirs.site.url}/rooms/")
    theirs.page.get_by_role("button", name="Join Boats").click()
    hers.page.goto(f"{hers.site.url}/r/{group.public_id}/members/")
    hers.page.locator("li", has_text="@eve").locator("summary").click()
    hers.page.locator("li", has_text="@eve").get_by_role("button", name="Remove from the room").click()
    expect(hers.page.get_by_text("@eve")).to_have_count(0)
    hers.page.get_by_role("button", name="Make a link").click()
    expect(hers.page.get_by_label("Link", exact=True)).to_have_value(
        f"{hers.site.url}/r/join/{group.invites.get().token}/"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_on_the_pages_of_groups(
    enter: Enter, group: Room, alice: User, bob: User, eve: User, device: dict, scheme: str
) -> None:
    change_group(user=alice, room=group.public_id, is_open=True, name=LONG)
    create_group(owner=eve, name="مجموعة الموسيقى", topic="كل يوم خميس", is_open=True)
    create_group(
        owner=alice, name="Others", people=[make_user(f"friend{number}", password="x") for number in range(10)]
    )
    invite = make_invite(user=alice, room=group.public_id, days=7)
    say(group, bob, "@alice and **everybody**", "@everyone")
    hers, theirs = enter(alice, **device, color_scheme=scheme), enter(eve, **device, color_scheme=scheme)
    here = f"/r/{group.public_id}/"
    found = {}
    for screen, path in [
        (hers, "/rooms/"), (hers, "/rooms/?q=nothing"), (hers, "/r/new/"), (hers, f"{here}members/"),
        (hers, f"{here}settings/"), (theirs, f"/r/join/{invite.token}/"), (theirs, "/r/join/nosuchlink/"), (hers, here),
    ]:  # fmt: skip
        screen.goto(path)
        if path == here:
            screen.page.get_by_role("textbox", name="Message").press_sequentially("@b")
            screen.page.get_by_role("option").first.wait_for()
        if path.endswith("members/"):
            screen.page.locator("summary").first.click()
        screen.page.wait_for_timeout(400)  # colours fade in
        result = Axe().run(screen.page, options=RULES)
        if result.violations_count:
            found[path] = result.generate_report()
        width = screen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, path
    assert found == {}
    theirs.excused += ("404",)
