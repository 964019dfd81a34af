"""Files: chosen, pasted, dropped; on their way, refused, given up; and what the other one sees of them."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from chat.models import Attachment, Membership, Room
from tests.attachments import files
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.screen import Screen
from tests.browser.test_accessibility import RULES

pytestmark = [pytest.mark.site, pytest.mark.browser]

UPLOAD = re.compile(r"/attachments/$")
BRING = """([target, kind, name, bytes, type]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([new Uint8Array(bytes)], name, { type }));
    const give = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent(kind, { ...give, clipboardData: carried })
        : new DragEvent(kind, { ...give, dataTransfer: carried });
    document.querySelector(target).dispatchEvent(event);
}"""


@pytest.fixture
def room(room: Room) -> Room:
    """Where both may write: Bob has accepted."""
    Membership.objects.filter(room=room).update(state=Membership.State.MEMBER, posting=Membership.Posting.FREE)
    return room


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    path = tmp_path / "lake.jpg"
    path.write_bytes(files.picture("JPEG", (1600, 1000)))
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "Packing list.pdf"
    path.write_bytes(files.PDF)
    return path


def choose(screen: Screen, *paths: Path) -> None:
    screen.page.locator("[data-files-input]").set_input_files(list(paths))


def bring(screen: Screen, kind: str, data: bytes, name: str, mime: str = "image/png") -> None:
    target = "[data-composer] textarea" if kind == "paste" else "#main"
    screen.page.evaluate(BRING, [target, kind, name, list(data), mime])


def items(screen: Screen) -> object:
    return screen.page.locator("[data-tray-list] > li")


def there(screen: Screen, count: int) -> None:
    """So many files have arrived at the server and wait for their message."""
    expect(screen.page.locator("[data-tray-list] > li[data-state=there]")).to_have_count(count)


def hold(page: Page) -> list[Route]:
    """Uploads don't get through until the routes in this list are continued."""
    return hold_all(page, UPLOAD)


def hold_all(page: Page, pattern: re.Pattern) -> list[Route]:
    """What the page asks for at such addresses isn't answered until its route is continued."""
    held: list[Route] = []

    def take(route: Route) -> None:  # Playwright can't call a list's own method
        held.append(route)

    page.route(pattern, take)
    return held


def sent(screen: Screen, text: str) -> None:
    expect(screen.message(text).and_(screen.page.locator("[data-seq]"))).to_have_count(1)


def test_two_people_see_a_picture_and_a_file_under_one_caption(
    enter: Enter, room: Room, alice: User, bob: User, lake: Path, plan: Path
) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    choose(hers, lake, plan)
    there(hers, 2)
    hers.write("First snow!")
    for screen in (hers, his):
        sent(screen, "First snow!")
        message = screen.message("First snow!")
        expect(message.locator("[data-picture] img")).to_have_js_property("complete", True)
        assert message.locator("[data-picture] img").evaluate("image => image.naturalWidth") > 0
        expect(message.locator(".file")).to_contain_text("Packing list.pdf")
    expect(items(hers)).to_have_count(0)
    with his.page.expect_download() as download:
        his.page.get_by_role("link", name="Download Packing list.pdf").click()
    assert download.value.suggested_filename == "Packing list.pdf"
    assert Path(download.value.path()).read_bytes() == files.PDF
    his.page.reload()
    his.settle()
    expect(his.message("First snow!").locator("[data-picture]")).to_have_count(1)


def test_a_message_may_be_a_picture_and_nothing_else(
    enter: Enter, room: Room, alice: User, bob: User, lake: Path
) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    choose(hers, lake)
    there(hers, 1)
    hers.box.press("Enter")

    expect(his.page.locator("[data-message] [data-picture]")).to_have_count(1)
    expect(his.line(room)).to_contain_text("Photo")


def test_nothing_moves_when_a_picture_comes(enter: Enter, room: Room, alice: User, bob: User, lake: Path) -> None:
    hers, his = enter(alice).open(room), enter(bob)
    choose(hers, lake)
    there(hers, 1)
    hers.write("Look")
    sent(hers, "Look")
    waiting = hold_all(his.page, re.compile(r"/f/"))
    his.open(room)
    link = his.page.locator("[data-picture]")
    expect(link).to_be_visible()
    before = link.bounding_box()
    his.page.wait_for_timeout(200)
    assert waiting
    for route in waiting:
        route.continue_()
    expect(link.locator("img")).to_have_js_property("complete", True)
    assert link.bounding_box() == before


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_files_come_by_the_clipboard_and_by_dropping(enter: Enter, room: Room, alice: User, kind: str) -> None:
    hers = enter(alice).open(room)
    if kind == "drop":
        bring(hers, "dragenter", b"", "x.png")
        expect(hers.page.locator("[data-drop]")).to_be_visible()
    bring(hers, kind, files.picture(), "shot.png")
    there(hers, 1)
    expect(hers.page.locator("[data-drop]")).to_be_hidden()
    hers.write("Here")
    expect(hers.message("Here").locator("[data-picture]")).to_have_count(1)


def test_what_the_server_would_refuse_isn_t_even_sent(
    enter: Enter, room: Room, alice: User, tmp_path: Path, plan: Path
) -> None:
    hers = enter(alice).open(room)
    asked: list[str] = []
    hers.page.on("request", lambda request: asked.append(request.url))
    large, empty, phone = tmp_path / "film.mp4", tmp_path / "empty.txt", tmp_path / "IMG_1.HEIC"
    large.write_bytes(bytes(25 * 1024 * 1024 + 1))
    empty.write_bytes(b"")
    phone.write_bytes(files.HEIC)
    choose(hers, large, empty, phone)
    expect(items(hers).nth(0)).to_contain_text("That file is larger than 25 MB.")
    expect(items(hers).nth(1)).to_contain_text("That file is empty.")
    expect(items(hers).nth(2)).to_contain_text("may tell where it was taken")
    assert not any(UPLOAD.search(url) for url in asked)
    hers.write("Look")
    expect(hers.page.locator("[data-refusal]")).to_contain_text("“film.mp4” can’t be sent. Take it away first.")
    for _ in range(3):
        hers.page.locator("[data-tray-remove]").first.click()
    choose(hers, *[plan] * 11)
    expect(hers.page.locator("[data-tray-note]")).to_have_text("A message takes 10 files at most.")
    there(hers, 10)


def test_what_the_server_refuses_says_why(enter: Enter, room: Room, alice: User, tmp_path: Path) -> None:
    hers = enter(alice).open(room)
    hers.excused += ("422",)
    broken = tmp_path / "broken.png"
    broken.write_bytes(files.claiming_png(400, 400))
    choose(hers, broken)

    expect(items(hers)).to_contain_text("That picture is damaged, or isn’t what its name says.")


def test_a_message_waits_for_its_files(enter: Enter, room: Room, alice: User, bob: User, plan: Path) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    held = hold(hers.page)
    choose(hers, plan)
    expect(items(hers)).to_have_attribute("data-state", "sending")
    hers.write("The list")
    hers.write("And a word")
    bubble = hers.message("The list")
    expect(bubble).to_have_attribute("data-state", "waiting")
    expect(bubble.locator("progress")).to_have_count(1)
    hers.page.wait_for_timeout(500)
    expect(his.messages).to_have_count(0)  # nor does the next one overtake it
    held[0].continue_()

    his.sees("And a word")
    expect(his.messages.nth(0)).to_contain_text("Packing list.pdf")
    expect(bubble.locator("progress")).to_have_count(0)


def test_an_upload_can_be_given_up_in_its_bubble(enter: Enter, room: Room, alice: User, bob: User, plan: Path) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.excused += ("net::ERR_FAILED",)
    hold(hers.page)
    choose(hers, plan)
    hers.write("The list")
    hers.message("The list").get_by_role("button", name="Cancel Packing list.pdf").click()

    his.sees("The list")
    assert not Attachment.objects.exists()


def test_an_upload_can_be_given_up_in_the_tray(enter: Enter, room: Room, alice: User, plan: Path) -> None:
    hers = enter(alice).open(room)
    choose(hers, plan)
    there(hers, 1)
    with hers.page.expect_response(re.compile(r"/f/")) as answer:
        hers.page.get_by_role("button", name="Remove Packing list.pdf").click()

    assert answer.value.status == 204
    expect(items(hers)).to_have_count(0)
    expect(hers.box).to_be_focused()


def test_a_cut_upload_is_tried_again(enter: Enter, room: Room, alice: User, plan: Path) -> None:
    hers = enter(alice).open(room)
    hers.excused += ("net::ERR_FAILED",)
    hers.page.route(UPLOAD, lambda route: route.abort())
    choose(hers, plan)
    expect(items(hers)).to_have_attribute("data-state", "stopped")
    hers.page.unroute(UPLOAD)
    hers.page.get_by_role("button", name=re.compile("Try again")).click()

    there(hers, 1)


def test_uploads_go_on_by_themselves_when_the_connection_is_back(
    enter: Enter, room: Room, alice: User, plan: Path
) -> None:
    hers = enter(alice).routed().open(room)
    hers.is_connected()
    hers.page.route(UPLOAD, lambda route: route.abort())
    choose(hers, plan)
    hers.write("The list")
    expect(hers.message("The list")).to_contain_text("Waiting for the connection")
    hers.link.cut()
    hers.page.unroute(UPLOAD)
    hers.link.mend()

    hers.sees_state("The list", "sent")


def test_what_was_uploaded_belongs_to_the_draft(
    enter: Enter, room: Room, alice: User, bob: User, lake: Path, plan: Path
) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    choose(hers, lake)
    there(hers, 1)
    hold(hers.page)
    choose(hers, plan)
    hers.page.reload()
    hers.settle()
    there(hers, 1)
    expect(hers.page.locator("[data-tray-note]")).to_have_text(
        "“Packing list.pdf” wasn’t uploaded before this page was closed. Please attach it again."
    )
    hers.write("Still here")
    expect(his.message("Still here").locator("[data-picture]")).to_have_count(1)


def test_a_message_whose_file_was_lost_with_the_page_says_so(enter: Enter, room: Room, alice: User, plan: Path) -> None:
    hers = enter(alice).open(room)
    hold(hers.page)
    choose(hers, plan)
    hers.write("The list")
    hers.sees_state("The list", "waiting")
    hers.page.reload()
    hers.settle()

    hers.sees_state("The list", "failed")
    expect(hers.message("The list")).to_contain_text("“Packing list.pdf” wasn’t uploaded before this page was closed.")


def test_another_tab_leaves_an_upload_alone(enter: Enter, room: Room, alice: User, plan: Path) -> None:
    hers = enter(alice).open(room)
    held = hold(hers.page)
    choose(hers, plan)
    hers.write("The list")
    hers.sees_state("The list", "waiting")
    second = enter(alice, beside=hers).open(room)
    second.sees_state("The list", "waiting")
    second.page.wait_for_timeout(500)
    held[0].continue_()

    second.sees_state("The list", "sent")
    hers.sees_state("The list", "sent")


def test_a_picture_is_described_for_those_who_can_t_see_it(
    enter: Enter, room: Room, alice: User, bob: User, lake: Path
) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    choose(hers, lake)
    there(hers, 1)
    hers.page.get_by_role("button", name="Alt text of lake.jpg").click()
    hers.page.get_by_label("For people who can’t see it").fill("A still lake at dusk")
    hers.page.get_by_role("button", name="Save").click()
    there(hers, 1)
    hers.write("Look")

    expect(his.page.get_by_role("link", name="Picture: A still lake at dusk")).to_have_count(1)
    assert Attachment.objects.get().alt == "A still lake at dusk"


def test_the_lightbox_by_keyboard(enter: Enter, room: Room, alice: User, lake: Path, tmp_path: Path) -> None:
    hers = enter(alice).open(room)
    other = tmp_path / "tall.png"
    other.write_bytes(files.picture("PNG", (600, 1200)))
    choose(hers, lake, other)
    there(hers, 2)
    hers.write("Two")
    sent(hers, "Two")
    hers.box.press("Shift+Tab")
    hers.page.locator("[data-picture]").first.focus()
    hers.page.keyboard.press("Enter")
    box, image = hers.page.locator("[data-lightbox]"), hers.page.locator("[data-lightbox-image]")
    expect(box).to_be_visible()
    expect(box).to_contain_text("1 of 2")
    expect(image).to_have_attribute("src", re.compile(r"/f/\w+/lake\.jpg$"))
    hers.page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("2 of 2")
    hers.page.keyboard.press("ArrowRight")
    hers.page.keyboard.press("+")
    expect(hers.page.get_by_role("button", name="Full size")).to_have_attribute("aria-pressed", "true")
    hers.page.keyboard.press("ArrowLeft")
    expect(image).to_have_attribute("src", re.compile(r"/lake\.jpg$"))
    hers.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(hers.page.locator("[data-picture]").first).to_be_focused()


def test_a_removed_message_takes_its_files_from_every_screen(
    enter: Enter, room: Room, alice: User, bob: User, lake: Path
) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    choose(hers, lake)
    there(hers, 1)
    hers.write("Oops")
    his.sees("Oops")
    address = his.page.locator("[data-picture]").get_attribute("href")
    hers.message("Oops").focus()
    hers.page.keyboard.press("Delete")
    hers.page.get_by_role("button", name="Remove for everyone").click()

    expect(his.page.locator("[data-picture]")).to_have_count(0)
    assert his.page.request.get(his.site.url + str(address)).status == 404
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(
    enter: Enter, room: Room, alice: User, lake: Path, plan: Path, device: dict, scheme: str
) -> None:
    hers = enter(alice, **device, color_scheme=scheme).open(room)
    choose(hers, lake, plan)
    there(hers, 2)
    hers.write("One of each")
    sent(hers, "One of each")
    choose(hers, lake, plan)
    there(hers, 2)
    found = [Axe().run(hers.page, options=RULES)]
    hers.page.get_by_role("button", name=re.compile("Alt text of")).click()
    found.append(Axe().run(hers.page, options=RULES))
    hers.page.keyboard.press("Escape")
    hers.page.locator("[data-picture]").first.click()
    found.append(Axe().run(hers.page, options=RULES))

    assert [one.generate_report() for one in found if one.violations_count] == []


# A microphone that hums: no machine that tests has one.
HUMMING = """navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const hum = context.createOscillator();
    const ear = context.createMediaStreamDestination();
    hum.connect(ear);
    hum.start();
    return ear.stream;
};"""


def test_a_voice_message_is_recorded_and_played(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice), enter(bob).open(room)
    hers.page.add_init_script(HUMMING)
    hers.open(room)
    hers.page.get_by_role("button", name="Record a voice message").click()
    expect(hers.page.locator("[data-recording-time]")).to_have_text("0:02")
    hers.page.get_by_role("button", name="Send voice message").click()

    note = his.page.get_by_role("group", name="Voice message")
    expect(note).to_be_visible()
    stored = Attachment.objects.get()
    assert stored.mime == "audio/webm"
    assert 1.4 < (stored.seconds or 0) < 10
    assert stored.waveform
    assert max(stored.waveform) == 100
    expect(note.locator("[data-voice-wave] rect")).to_have_count(40)
    note.get_by_role("button", name="Speed 1, change").click()
    note.get_by_role("button", name="Play voice message").click()
    expect(note.locator("rect.is-past").first).to_be_attached()
    expect(note.get_by_role("button", name="Play voice message")).to_be_visible()  # it has ended
    note.get_by_role("slider").press("PageUp")
    expect(note.get_by_role("slider")).to_have_value(re.compile(r"[1-9]\d+"))
    expect(his.line(room)).to_contain_text("Voice message")
    assert Axe().run(his.page, options=RULES).violations_count == 0


def test_a_recording_can_be_given_up(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice)
    hers.page.add_init_script(HUMMING)
    hers.open(room)
    button = hers.page.get_by_role("button", name="Record a voice message")
    button.click()
    hers.page.locator("[data-recording-time]").wait_for()
    hers.page.keyboard.press("Escape")

    expect(button).to_be_focused()
    expect(hers.messages).to_have_count(0)
    assert not Attachment.objects.exists()


def test_without_a_microphone_one_is_told(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).open(room)
    hers.page.get_by_role("button", name="Record a voice message").click()

    expect(hers.page.locator("[data-notice]")).to_contain_text("The microphone can’t be used.")
    expect(hers.box).to_be_visible()


def test_axe_finds_nothing_on_the_shelf(enter: Enter, room: Room, alice: User, lake: Path, plan: Path) -> None:
    hers = enter(alice).open(room)
    choose(hers, lake, plan)
    there(hers, 2)
    hers.write("Both")
    sent(hers, "Both")
    hers.page.get_by_role("link", name="Pictures and files").click()
    hers.page.locator("[data-picture]").click()
    expect(hers.page.locator("[data-lightbox]")).to_be_visible()
    hers.page.keyboard.press("Escape")
    found = [Axe().run(hers.page, options=RULES)]
    hers.page.get_by_role("link", name="Files", exact=True).click()
    expect(hers.page.get_by_role("link", name="Packing list.pdf", exact=True)).to_be_visible()
    found.append(Axe().run(hers.page, options=RULES))

    assert [one.generate_report() for one in found if one.violations_count] == []
