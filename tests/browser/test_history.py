"""Scrolling: old messages come without a jump, new ones don't pull the page away."""

import pytest
from playwright.sync_api import Route, expect

from accounts.models import User
from chat.models import Room
from tests.browser.conftest import DESK, PHONE, Enter
from tests.browser.screen import Screen
from tests.browser.talk import say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]

# While the wheel turns, every frame notes how far each message moved against the scroller's own movement: whatever
# moved more than the wheel was a jump.
STEADY = """
([steps, direction]) => new Promise((resolve) => {
  const scroller = document.querySelector("[data-scroller]");
  const place = () => new Map([...document.querySelectorAll("[data-log] .msg[data-seq]")]
      .map((each) => [each.dataset.seq, each.getBoundingClientRect()])
      .filter(([, box]) => box.bottom > 120 && box.top < innerHeight - 120));
  let worst = 0;
  const step = (left) => {
    if (!left) return resolve(worst);
    const before = place();
    const above = scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop;
    const due = direction > 0 ? Math.min(250, above) : -Math.min(250, -scroller.scrollTop);
    scroller.scrollTop -= due;
    requestAnimationFrame(() => {
      const moved = [...place()].filter(([seq]) => before.has(seq)).map(([seq, box]) => box.top - before.get(seq).top);
      for (const distance of moved) worst = Math.max(worst, Math.abs(distance - due));
      setTimeout(() => settle(left, place()), 60);
    });
  };
  // Afterwards pages may have come in: what one sees must not have moved at all.
  const settle = (left, before) => requestAnimationFrame(() => {
    const moved = [...place()].filter(([seq]) => before.has(seq)).map(([seq, box]) => box.top - before.get(seq).top);
    for (const distance of moved) worst = Math.max(worst, Math.abs(distance));
    const above = scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop;
    if (direction > 0 && above < 2 && !document.querySelector("[data-beginning]").hidden) return resolve(worst);
    step(left - 1);
  });
  step(steps);
})
"""


# WebKit doesn't keep what one reads in its place by itself: the page has to.
LIKE_WEBKIT = "document.querySelector('[data-scroller]').style.overflowAnchor = 'none'"


def top(screen: Screen, text: str) -> float:
    """Where a message stands."""
    box = screen.message(text).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("anchored", ["by the browser", "by the page"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_three_hundred_messages_back_without_a_jump(
    enter: Enter, room: Room, alice: User, bob: User, device: dict, anchored: str
) -> None:
    talked(room, alice, bob, count=360, days=12)
    hers = enter(alice, **device).open(room)
    if anchored == "by the page":
        hers.page.evaluate(LIKE_WEBKIT)
    worst = hers.page.evaluate(STEADY, [200, 1])
    assert worst <= 2, f"something jumped by {worst} pixels"
    hers.sees("Message 1 and more of it")
    expect(hers.page.get_by_text("This is the beginning of your conversation")).to_be_visible()
    hers.shows_a_run_of(room)
    assert len(hers.shown()) <= 321


def test_the_way_down_again_ends_at_the_newest(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=420, days=12)
    hers = enter(alice).open(room)
    hers.page.evaluate(STEADY, [250, 1])
    hers.sees("Message 1 and more of it")
    say(room, bob, "Are you still up there?")
    badge = hers.page.locator("[data-below]")
    expect(badge).to_have_text("1")
    worst = hers.page.evaluate(STEADY, [40, -1])
    assert worst <= 2, f"something jumped by {worst} pixels"
    hers.shows_a_run_of(room)
    hers.page.get_by_role("button", name="Jump to newest").click()
    hers.sees("Are you still up there?")
    expect(badge).to_be_hidden()
    hers.shows_the_truth(room)


def test_an_old_page_that_comes_after_a_reset_leaves_no_hole(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=300, days=12)
    hers = enter(alice).routed()
    late: list[Route] = []
    hers.page.route("**/messages/?before=*", lambda route: route.continue_() if late else late.append(route))
    hers.open(room)
    hers.is_connected()
    hers.page.locator("[data-scroller]").evaluate("(each) => each.scrollBy(0, -9000)")
    hers.page.wait_for_timeout(500)
    assert late
    hers.link.cut()
    say(room, bob, *(f"Missed {number}" for number in range(1_050)))
    hers.link.mend()
    hers.sees("Missed 1049")
    late[0].continue_()
    hers.page.evaluate(STEADY, [30, 1])
    hers.shows_a_run_of(room)


@pytest.mark.parametrize("anchored", ["by the browser", "by the page"])
def test_an_arrival_leaves_what_one_reads_where_it_is(
    enter: Enter, room: Room, alice: User, bob: User, anchored: str
) -> None:
    talked(room, alice, bob, count=60)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    if anchored == "by the page":
        hers.page.evaluate(LIKE_WEBKIT)
    hers.page.locator("[data-scroller]").hover()
    hers.page.mouse.wheel(0, -700)
    hers.page.wait_for_timeout(400)
    read = hers.page.evaluate(
        """() => [...document.querySelectorAll("[data-log] .msg")]
            .find((each) => each.getBoundingClientRect().top > 200).querySelector(".text").textContent"""
    )
    before = top(hers, read)
    his.write("You can't see this yet")
    expect(hers.page.locator("[data-below]")).to_have_text("1")
    his.page.wait_for_timeout(3000)  # typing is said once in three seconds
    his.box.press_sequentially("Nor that I am typing")
    expect(hers.page.locator("[data-typing]")).not_to_have_attribute("hidden", "")
    assert abs(top(hers, read) - before) <= 1
    hers.page.get_by_role("button", name="Jump to newest, 1 new message").click()
    expect(hers.message("You can't see this yet")).to_be_in_viewport()


def test_at_the_end_one_follows_what_arrives(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=60)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    for number in range(4):
        his.write(f"New {number}")
        expect(hers.message(f"New {number}")).to_be_in_viewport()


def test_the_room_opens_at_the_first_unread_message(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=40)
    say(room, bob, *(f"Unread {number}" for number in range(40)))
    hers = enter(alice).open(room)
    line = hers.page.get_by_role("separator", name="New messages start here")
    expect(line).to_have_text("40 new messages")
    expect(line).to_be_in_viewport()
    expect(hers.message("Unread 0")).to_be_in_viewport()
    expect(hers.message("Unread 39")).not_to_be_in_viewport()
    hers.write("Let me read all this")
    expect(line).to_have_count(0)
    expect(hers.message("Let me read all this")).to_be_in_viewport()


def test_only_what_was_in_view_is_read(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=10)
    say(room, bob, *(f"Unread {number}" for number in range(40)))
    hers = enter(alice).open(room)
    hers.page.wait_for_timeout(3000)
    mine = room.memberships.get(user=alice)
    assert 10 < mine.read_seq < 50
    hers.page.get_by_role("button", name="Jump to newest").click()
    expect(hers.line(room).locator("[data-unread]")).to_be_hidden()
    hers.page.wait_for_timeout(2500)
    mine.refresh_from_db()
    assert mine.read_seq == 50
