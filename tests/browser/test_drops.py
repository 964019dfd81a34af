"""What survives: a cut wire, a reload, a lost answer, a killed server."""

import re
from random import Random

import pytest
from playwright.sync_api import Route, expect

from accounts.models import User
from chat.models import Message, Room
from tests.browser.conftest import Enter
from tests.browser.talk import rows, say, talked

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_a_queued_message_survives_a_reload_and_is_sent_once(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=4)
    hers = enter(alice).routed().open(room)
    hers.is_connected()
    hers.link.cut()
    for text in ("One", "Two", "Three"):
        hers.write(text)
        hers.sees_state(text, "waiting")
    expect(hers.page.locator("[data-connection]")).to_contain_text("3 messages will send when you’re back.")
    hers.page.reload()
    hers.settle()
    for text in ("One", "Two", "Three"):
        hers.sees_state(text, "waiting")
    assert len(rows(room)) == 4
    expect(hers.page.get_by_role("button", name="Try now")).to_be_visible()
    hers.link.mend()
    hers.page.get_by_role("button", name="Try now").click()
    for text in ("One", "Two", "Three"):
        hers.sees_state(text, "sent")
    assert rows(room)[-3:] == ["One", "Two", "Three"]
    hers.shows_the_truth(room)
    hers.page.reload()
    hers.settle()
    hers.shows_the_truth(room)


def test_a_queued_message_shows_its_clock_without_the_network(enter: Enter, room: Room, alice: User) -> None:
    hers = enter(alice).routed()
    hers.page.route("**/icons*.svg", lambda route: route.abort())
    hers.open(room)
    hers.is_connected()
    hers.link.cut()
    hers.write("Waiting")
    hers.sees_state("Waiting", "waiting")
    drawing = hers.message("Waiting").locator("[data-mark] svg use")
    assert drawing.evaluate("(use) => new Promise((draw) => setTimeout(() => draw(use.getBBox().width), 300))") > 0


def test_what_was_missed_comes_back_once_and_in_order(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=6)
    hers, his = enter(alice).routed().open(room), enter(bob).open(room)
    hers.is_connected()
    for turn in range(3):
        hers.link.cut()
        for number in range(4):
            his.write(f"Turn {turn}, his {number}")
            hers.write(f"Turn {turn}, hers {number}")
        his.sees_state(f"Turn {turn}, his 3", "sent")
        hers.sees_state(f"Turn {turn}, hers 3", "waiting")
        hers.link.mend()
        hers.sees_state(f"Turn {turn}, hers 3", "read")
        hers.sees(f"Turn {turn}, his 3")
        his.sees(f"Turn {turn}, hers 3")
    assert Message.objects.filter(room=room).count() == 30
    hers.shows_the_truth(room)
    his.shows_the_truth(room)


def test_hundreds_of_missed_messages_never_show_a_hole(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=20)
    hers = enter(alice).routed().open(room)
    hers.is_connected()
    hers.link.cut()
    say(room, bob, *(f"Missed {number}" for number in range(450)))
    hers.link.mend()
    hers.sees("Missed 449")
    hers.shows_the_truth(room)


def test_after_more_than_a_thousand_the_newest_page_comes(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=20)
    hers = enter(alice).routed().open(room)
    hers.is_connected()
    hers.link.cut()
    say(room, bob, *(f"Missed {number}" for number in range(1_100)))
    hers.link.mend()
    hers.sees("Missed 1099")
    hers.shows_the_truth(room)
    hers.page.locator("[data-scroller]").hover()
    for _ in range(30):
        hers.page.mouse.wheel(0, -4000)
        hers.page.wait_for_timeout(60)
    hers.shows_a_run_of(room)


def test_a_lost_acknowledgement_doubles_nothing(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=2)
    hers, his = enter(alice).routed().open(room), enter(bob).open(room)
    hers.is_connected()
    hers.link.deaf_to = {"ack"}
    hers.write("Did you get this?")
    his.sees("Did you get this?")
    hers.sees_state("Did you get this?", "waiting")
    hers.write("And this?")
    hers.link.cut()
    hers.link.deaf_to = set()
    hers.link.mend()
    his.sees("And this?")
    hers.sees_state("And this?", "read")
    assert rows(room)[-2:] == ["Did you get this?", "And this?"]
    hers.shows_the_truth(room)
    his.shows_the_truth(room)


def test_a_frame_lost_on_the_way_is_asked_for(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).routed().open(room), enter(bob).open(room)
    hers.is_connected()
    hers.link.deaf_to = {"message.posted"}
    his.write("Lost")
    his.sees_state("Lost", "sent")
    hers.link.deaf_to = set()
    his.write("Found")
    hers.sees("Found")
    assert [text for _, text in hers.shown()] == ["Lost", "Found"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_a_storm_nothing_is_lost_doubled_or_out_of_order(
    enter: Enter, room: Room, alice: User, bob: User, seed: int
) -> None:
    """Changes get lost, come twice and in any order on both screens, while both write and one wire breaks."""
    hers, his = enter(alice).routed().open(room), enter(bob).routed().open(room)
    hers.is_connected()
    his.is_connected()
    hers.link.storm, his.link.storm = Random(seed), Random(-seed)
    for number in range(12):
        hers.write(f"Hers {number}")
        his.write(f"His {number}")
        if number == 6:
            hers.link.cut()
            hers.link.mend()
    hers.link.storm = his.link.storm = None
    for screen in (hers, his):
        screen.link.cut()
        screen.link.mend()
    for screen in (hers, his):
        screen.sees("Hers 11")
        screen.sees("His 11")
        screen.shows_the_truth(room)
    said = rows(room)
    assert [text for text in said if text.startswith("Hers")] == [f"Hers {number}" for number in range(12)]
    assert [text for text in said if text.startswith("His")] == [f"His {number}" for number in range(12)]


def test_a_killed_and_restarted_server_costs_nothing(enter: Enter, room: Room, alice: User, bob: User) -> None:
    talked(room, alice, bob, count=4)
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.excused = his.excused = ("ERR_CONNECTION_REFUSED", "WebSocket connection to", "ERR_CONNECTION_RESET")
    hers.write("Before")
    his.sees("Before")
    hers.site.kill()
    hers.write("Into the void")
    his.write("Hello?")
    hers.sees_state("Into the void", "waiting")
    expect(his.page.locator("[data-connection]")).to_be_visible()
    hers.site.start()
    his.sees("Into the void")
    hers.sees("Hello?")
    hers.is_connected()
    assert sorted(rows(room)[-2:]) == ["Hello?", "Into the void"]
    hers.shows_the_truth(room)
    his.shows_the_truth(room)


def test_a_restart_says_goodbye_and_everybody_comes_back(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).open(room), enter(bob).open(room)
    hers.excused = his.excused = ("ERR_CONNECTION_REFUSED", "WebSocket connection to", "ERR_CONNECTION_RESET")
    hers.is_connected()
    hers.site.restart()
    hers.write("After the deploy")
    his.sees("After the deploy")
    hers.shows_the_truth(room)


def test_without_sockets_everything_goes_over_http(enter: Enter, room: Room, alice: User, bob: User) -> None:
    hers, his = enter(alice).routed(), enter(bob).open(room)
    hers.link.down, hers.link.cuts_http = True, False
    hers.open(room)
    hers.write("By post")
    his.sees("By post")
    hers.sees_state("By post", "sent")
    his.write("Received")
    hers.sees("Received")
    hers.shows_the_truth(room)


def test_signed_out_elsewhere_leads_to_the_sign_in_page_and_keeps_the_queue(
    enter: Enter, room: Room, alice: User
) -> None:
    hers = enter(alice).routed().open(room)
    hers.excused += ("401",)
    hers.is_connected()
    hers.link.cut()
    hers.write("Later, then")
    hers.sees_state("Later, then", "waiting")
    alice.set_password("another seven green bicycles")
    alice.save()
    hers.link.mend()
    hers.page.wait_for_url(f"{hers.site.url}/accounts/login/?next=**", timeout=60_000)
    hers.page.get_by_label("Username").fill("alice")
    hers.page.locator("input[type=password]").fill("another seven green bicycles")
    hers.page.locator("input[type=password]").press("Enter")
    hers.page.wait_for_url(f"**/r/{room.public_id}/")
    hers.sees_state("Later, then", "sent")
    assert rows(room) == ["Later, then"]


def test_a_message_that_comes_between_the_page_and_its_greeting_is_shown(
    enter: Enter, room: Room, alice: User, bob: User
) -> None:
    """The socket opens before the room's script runs, and its greeting knows of no room yet."""
    his = enter(bob).routed()
    his.link.holds = True
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    his.page.route(re.compile(r"/js/room(\.\w+)?\.js$"), hold)
    his.page.goto(f"{his.site.url}/r/{room.public_id}/", wait_until="commit")
    while not (late and his.link.has_spoken):
        his.page.wait_for_timeout(50)
    for route in late:
        route.continue_()
    his.settle()
    say(room, alice, "Just between")
    his.link.release()
    expect(his.message("Just between")).to_have_count(1, timeout=10_000)
