"""Hostile and broken clients against a real server: every frame is answered, the socket lives, the log stays clean."""

import json
from uuid import uuid4

import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chat.live.frames import EVENTS
from chat.messages.services import Draft, post_messages
from chat.models import Message, Room
from chat.notifications.services import announce
from chat.rooms.changes import room_change
from tests.live.client import Join, Member
from tests.servers import Site

pytestmark = pytest.mark.site


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("{", "bad_frame"),
        ("[1, 2]", "bad_frame"),
        ("[" * 60_000, "bad_frame"),
        ("[" * 100_000, "too_large"),
        (b"\x00\x01\x02", "bad_frame"),
        ('{"type": "message.post"}', "bad_frame"),
        ('{"type": "no.such.thing"}', "unknown_type"),
        ('{"type": "ping", "x": "' + "x" * 70_000 + '"}', "too_large"),
        ('{"type": "sync", "room": "nosuchroom", "since": 0}', "not_found"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_frame_is_refused_and_the_socket_lives(
    join: Join, site: Site, room: Room, alice: User, data: str | bytes, code: str
) -> None:
    mine = join(alice)

    mine.raw(data)

    refusal = mine.expect("nack")
    assert refusal["code"] == code
    assert refusal["message"].endswith(".")
    mine.post(room.public_id, "still here")
    assert mine.expect("ack")["seq"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "empty"), ("  \n ", "empty"), ("a\x00b", "bad_text"), ("\ud83d", "bad_text"), ("x" * 4001, "too_long")],
    ids=["empty", "blank", "NUL", "surrogate", "long"],
)
def test_a_refused_text_names_its_message(join: Join, room: Room, alice: User, body: str, code: str) -> None:
    mine = join(alice)

    client_id = mine.post(room.public_id, body)

    refusal = mine.expect("nack", client_id=client_id)
    assert refusal["code"] == code
    assert "retry_after" not in refusal
    assert not Message.objects.exists()


def test_twenty_bad_frames_a_minute_are_enough(join: Join, alice: User) -> None:
    mine = join(alice)

    for _ in range(21):
        mine.raw("nonsense")

    assert mine.closed() == 4429
    assert [frame["type"] for frame in mine.heard[1:]] == ["nack"] * 21


def test_a_flood_of_good_frames_ends_the_socket(make_site, alice: User) -> None:
    strict = make_site({"LIVE_FRAMES_PER_SECOND": "2"})
    with Member(strict, alice) as mine:
        mine.hello()
        for _ in range(20):
            mine.say("ping")
        assert mine.closed() == 4429


def test_much_that_was_missed_arrives_in_frames_that_fit(site: Site, room: Room, alice: User, bob: User) -> None:
    drafts = [
        Draft(sender_id=bob.pk, room=room.public_id, client_id=uuid4(), body="\U0001f600" * 4000) for _ in range(60)
    ]
    post_messages(drafts)
    with Member(site, alice) as mine:
        mine.hello(**{room.public_id: 0})
        seen: list[int] = []
        while True:
            frame = mine.expect("synced")
            seen += [row["seq"] for row in frame["rows"]]
            if not frame["more"]:
                break
            mine.say("sync", room=room.public_id, since=frame["rows"][-1]["rev"])
        assert seen == list(range(1, 61))


def test_hello_comes_first(site: Site, room: Room, alice: User) -> None:
    with Member(site, alice) as mine:
        client_id = mine.post(room.public_id, "me first")
        assert mine.expect("nack", client_id=client_id)["code"] == "bad_frame"
        mine.say("ping")
        mine.expect("pong")
        mine.hello()


def test_another_protocol_version_is_told_to_reload(site: Site, alice: User) -> None:
    with Member(site, alice) as mine:
        mine.say("hello", v=2)
        assert mine.closed() == 4400


def test_sending_too_fast_is_told_when_to_go_on(make_site, alice: User, room: Room) -> None:
    strict = make_site({"LIVE_POST_BURST": "3", "LIVE_POSTS_PER_SECOND": "1"})
    with Member(strict, alice) as mine:
        mine.hello()
        sent = [mine.post(room.public_id, f"m{number}") for number in range(4)]
        refusal = mine.expect("nack", client_id=sent[3])
        assert refusal["code"] == "slow_down"
        assert 0 < refusal["retry_after"] <= 1.1
        for client_id in sent[:3]:
            mine.expect("ack", client_id=client_id)


def test_a_person_has_so_many_sockets_and_no_more(make_site, alice: User) -> None:
    strict = make_site({"LIVE_SOCKETS_PER_USER": "2"})
    with Member(strict, alice) as one, Member(strict, alice) as two:
        one.hello()
        two.hello()
        with Member(strict, alice) as third:
            assert third.closed() == 4429
        one.say("ping")
        one.expect("pong")


def test_who_reconnects_in_a_loop_is_slowed_down(make_site, alice: User) -> None:
    strict = make_site({"LIVE_CONNECTS_PER_MINUTE": "3"})
    for _ in range(3):
        with Member(strict, alice) as mine:
            mine.hello()
    with Member(strict, alice) as mine:
        assert mine.closed() == 4429


@pytest.mark.parametrize("cookie", ["", "mychat_session=nonsense", "mychat_session=" + "x" * 4000, "=;;=="])
def test_a_visitor_is_told_to_sign_in(site: Site, cookie: str) -> None:
    with Member(site, None, cookie=cookie) as visitor:
        assert visitor.closed() == 4401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_sites_page_opens_no_socket(site: Site, alice: User, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Member(site, alice, origin=origin.format(port=site.port))
    assert refused.value.response.status_code == 403


def test_what_is_heard_is_what_the_catalogue_says(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs = join(alice, **{room.public_id: 0}), join(bob)
    mine.say("presence.watch", users=[bob.public_id])
    mine.say("sync", room=room.public_id, since=0)
    mine.say("sync", room=room.public_id, since=99)
    mine.post(room.public_id, "hello")
    mine.post(room.public_id, "")
    mine.expect("ack")
    theirs.expect("message.posted")
    theirs.say("typing.start", room=room.public_id)
    theirs.say("room.read", room=room.public_id, seq=1)
    theirs.expect("membership.changed")
    mine.expect("receipts.changed")
    with room_change(user_id=alice.pk, room=room.public_id) as change:
        change.touch(change.message(1))
        change.happened("tested")
    theirs.expect("message.changed")
    theirs.expect("room.changed")
    announce(title="Tested")
    theirs.expect("notice.posted")

    mine.drain()

    kinds = set()
    for frame in mine.heard + theirs.heard:
        kinds.add(frame["type"])
        always, sometimes = EVENTS[frame["type"]]
        keys = set(frame) - {"type"}
        assert always <= keys <= always | sometimes, frame["type"]
    assert kinds >= set(EVENTS) - {"room.advanced", "bye"}


def test_ids_of_a_stranger_are_never_confirmed(join: Join, room: Room, alice: User, eve: User) -> None:
    """The answer about a room one isn't in is, to the letter, the answer about a room that isn't there."""
    outside = join(eve)
    answers = []
    for public_id in (room.public_id, "abcdefghij123456"):
        client_id = str(uuid4())
        outside.post(public_id, "hello", client_id)
        refusal = outside.expect("nack", client_id=client_id)
        answers.append({key: value for key, value in refusal.items() if key != "client_id"})
        outside.say("sync", room=public_id, since=0)
        answers.append(outside.expect("nack"))
    assert len({json.dumps(answer, sort_keys=True) for answer in answers}) == 1


@pytest.mark.parametrize("value", ['"\\000"', '"a\\000b"', "x" * 41, "UPPERCASE"])
def test_a_cookie_that_can_be_no_key_is_nobody_and_no_query(site: Site, db: None, value: str) -> None:
    with Member(site, None, cookie=f"{settings.SESSION_COOKIE_NAME}={value}") as nobody:
        assert nobody.closed() == 4401
    assert "sign-in not checked" not in site.log_text()
