"""Two members and an outsider on a real server: what each hears, in which order."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.services import change_privacy
from chat.messages.services import Draft, post_messages
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from tests.live.client import Join, Member
from tests.servers import Site

pytestmark = pytest.mark.site


def test_the_sender_hears_ack_where_others_hear_the_message(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, my_phone, theirs = join(alice), join(alice), join(bob)

    client_id = mine.post(room.public_id, "hello Bob")

    ack = mine.expect("ack", client_id=client_id)
    assert (ack["room"], ack["seq"], ack["rev"], ack["state"]) == (room.public_id, 1, 1, "sent")
    for other in (my_phone, theirs):
        posted = other.expect("message.posted")
        assert posted["rev"] == 1
        assert posted["message"]["client_id"] == client_id
        assert posted["message"]["sender"] == alice.public_id
        assert posted["message"]["body"] == "hello Bob"
        assert posted["message"]["created"] == ack["created"]
    assert not [frame for frame in mine.drain() if frame["type"] == "message.posted"]
    assert Message.objects.get().body == "hello Bob"


def test_an_outsider_hears_nothing_and_learns_nothing(
    join: Join, room: Room, alice: User, bob: User, eve: User
) -> None:
    mine, outside = join(alice), join(eve)
    mine.post(room.public_id, "between us")
    mine.expect("ack")

    client_id = outside.post(room.public_id, "let me in")
    assert outside.expect("nack", client_id=client_id)["code"] == "not_found"
    for kind, fields in [
        ("sync", {"since": 0}),
        ("room.read", {"seq": 1}),
        ("typing.start", {}),
    ]:
        outside.say(kind, room=room.public_id, **fields)
        assert outside.expect("nack")["code"] == "not_found"
    outside.say("room.received", rooms={room.public_id: 1})
    assert outside.expect("nack")["code"] == "not_found"
    outside.say("hello", v=1, cursors={room.public_id: 0})
    assert outside.drain() == []
    assert {frame["type"] for frame in outside.heard} <= {"ready", "nack", "pong"}
    assert Message.objects.count() == 1


def test_ready_tells_the_memberships(join: Join, room: Room, alice: User, bob: User) -> None:
    theirs = join(bob)
    theirs.post(room.public_id, "one")
    theirs.post(room.public_id, "two")
    theirs.expect("ack")
    theirs.expect("ack")

    ready = join(alice).heard[0]

    assert ready["v"] == 1
    assert ready["user"]["id"] == alice.public_id
    assert ready["held"] == []
    (place,) = ready["memberships"]
    assert place["room"] == room.public_id
    assert place["title"] == "Bob"
    assert [person["id"] for person in place["people"]] == [bob.public_id]
    assert (place["last_rev"], place["last_seq"], place["unread"]) == (2, 2, 2)
    assert place["last"]["body"] == "two"
    assert place["receipts"] == {bob.public_id: {"received": 0, "read": 0}}


def test_a_room_opened_meanwhile_joins_the_open_sockets(join: Join, site: Site, alice: User, bob: User) -> None:
    mine, theirs = join(alice), join(bob)

    room = open_direct_room(opener=alice, other=bob)

    for member, title in ((mine, "Bob"), (theirs, "Alice")):
        changed = member.expect("membership.changed")
        assert changed["room"] == room.public_id
        assert changed["title"] == title
    mine.post(room.public_id, "first")
    assert theirs.expect("message.posted")["message"]["body"] == "first"


def test_reading_tells_the_other_and_the_own_tabs(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs, their_phone = join(alice), join(bob), join(bob)
    mine.post(room.public_id, "seen?")
    seq = mine.expect("ack")["seq"]
    theirs.expect("message.posted")

    theirs.say("room.received", rooms={room.public_id: seq})
    receipt = mine.expect("receipts.changed")
    assert (receipt["user"], receipt["received"], receipt["read"]) == (bob.public_id, 1, 0)

    theirs.say("room.read", room=room.public_id, seq=seq)
    receipt = mine.expect("receipts.changed")
    assert (receipt["received"], receipt["read"]) == (1, 1)
    changed = their_phone.expect("membership.changed")
    assert (changed["read_seq"], changed["unread"]) == (1, 0)


def test_nobody_reads_further_than_there_is(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs = join(alice), join(bob)
    mine.post(room.public_id, "one")
    mine.expect("ack")

    theirs.say("room.read", room=room.public_id, seq=2**53 - 1)

    mine.expect("receipts.changed", read=1)
    mine.post(room.public_id, "two")
    assert theirs.expect("message.posted", rev=2)
    assert join(bob).heard[0]["memberships"][0]["unread"] == 1


def test_typing_is_heard_by_the_other_only(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, my_phone, theirs = join(alice), join(alice), join(bob)

    mine.say("typing.start", room=room.public_id)
    mine.say("typing.start", room=room.public_id)

    assert theirs.expect("typing.started") == {
        "type": "typing.started",
        "room": room.public_id,
        "user": alice.public_id,
    }
    assert theirs.drain() == []  # one in three seconds
    assert my_phone.drain() == []


def test_presence_is_told_when_watched_and_when_it_changes(
    join: Join, site: Site, room: Room, alice: User, bob: User, eve: User
) -> None:
    mine = join(alice)
    User.objects.filter(pk=eve.pk).update(presence_audience=User.PresenceAudience.NOBODY)

    mine.say("presence.watch", users=[bob.public_id, eve.public_id, "nobody"])
    assert mine.drain() == [{"type": "presence.changed", "user": bob.public_id, "state": "offline"}]

    join(eve)
    join(bob)
    assert mine.expect("presence.changed") == {
        "type": "presence.changed",
        "user": bob.public_id,
        "state": "online",
    }
    assert mine.drain() == []


@pytest.mark.redis
def test_who_chooses_to_be_seen_by_nobody_is_gone_at_once(join: Join, alice: User, bob: User) -> None:
    mine = join(alice)
    join(bob)
    mine.say("presence.watch", users=[bob.public_id])
    mine.expect("presence.changed", state="online")

    change_privacy(user=bob, is_listed=True, presence_audience=User.PresenceAudience.NOBODY)

    assert mine.expect("presence.changed", state="offline")["user"] == bob.public_id


def test_a_repeat_is_answered_like_the_first_time(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs = join(alice), join(bob)
    client_id = mine.post(room.public_id, "once")
    first = mine.expect("ack")

    mine.post(room.public_id, "once", client_id)

    assert mine.expect("ack") == first
    mine.post(room.public_id, "twice", client_id)
    assert mine.expect("nack", client_id=client_id)["code"] == "id_reused"
    assert [frame["type"] for frame in theirs.drain()] == ["message.posted"]


def test_every_socket_hears_every_number_in_order(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, my_phone, theirs = join(alice), join(alice), join(bob)

    for number in range(20):
        mine.post(room.public_id, f"a{number}")
        theirs.post(room.public_id, f"b{number}")

    for member in (mine, my_phone, theirs):
        revs = [member.next()["rev"] for _ in range(40)]
        assert revs == list(range(1, 41))
    own = [frame["client_id"] for frame in mine.heard if frame["type"] == "ack"]
    stored = Message.objects.filter(sender=alice).order_by("seq").values_list("client_id", flat=True)
    assert own == [str(client_id) for client_id in stored]
    assert list(Message.objects.filter(sender=bob).order_by("seq").values_list("body", flat=True)) == [
        f"b{number}" for number in range(20)
    ]


def test_hello_with_cursors_brings_what_was_missed(join: Join, room: Room, alice: User, bob: User) -> None:
    theirs = join(bob)
    for number in range(3):
        theirs.post(room.public_id, f"m{number}")
        theirs.expect("ack")

    mine = join(alice, **{room.public_id: 1})

    synced = mine.expect("synced")
    assert [row["body"] for row in synced["rows"]] == ["m1", "m2"]
    assert (synced["upto"], synced["more"]) == (3, False)
    ready = mine.heard[0]
    assert ready["memberships"][0]["receipts"] == {bob.public_id: {"received": 0, "read": 0}}


def test_a_hub_that_does_not_remember_asks_the_database(join: Join, room: Room, alice: User, bob: User) -> None:
    drafts = [Draft(sender_id=bob.pk, room=room.public_id, client_id=uuid4(), body=body) for body in ("m0", "m1", "m2")]
    post_messages(drafts)  # before anybody was here

    synced = join(alice, **{room.public_id: 1}).expect("synced")

    assert [row["body"] for row in synced["rows"]] == ["m1", "m2"]
    assert (synced["upto"], synced["more"]) == (3, False)
    assert synced["receipts"] == {bob.public_id: {"received": 0, "read": 0}}


def test_a_second_hello_compares_only(join: Join, room: Room, alice: User, bob: User) -> None:
    mine = join(alice, **{room.public_id: 0})
    mine.post(room.public_id, "one")
    mine.expect("ack")

    mine.say("hello", v=1, cursors={room.public_id: 1})
    assert mine.drain() == []
    mine.say("hello", v=1, cursors={room.public_id: 0})
    (synced,) = mine.drain()
    assert (synced["type"], synced["upto"]) == ("synced", 1)


def test_a_killed_server_comes_back_with_everything(make_site: Callable, alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    own = make_site()
    with Member(own, alice) as mine:
        mine.hello()
        kept = mine.post(room.public_id, "before the crash")
        mine.expect("ack")
    own.kill()
    own.start()

    with Member(own, alice) as mine:
        mine.hello(**{room.public_id: 1})
        mine.post(room.public_id, "before the crash", kept)  # never knew it was answered
        assert mine.expect("ack")["seq"] == 1
        mine.post(room.public_id, "after", str(uuid4()))
        assert mine.expect("ack")["seq"] == 2
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["before the crash", "after"]


def test_no_word_of_it_is_logged(join: Join, site: Site, room: Room, alice: User, bob: User) -> None:
    mine = join(alice)
    mine.post(room.public_id, "zebra crossing at noon")
    mine.expect("ack")
    mine.post(room.public_id, "walrus \x00")
    mine.expect("nack")
    mine.raw('{"type": "pelican.feed", "body": "ostrich"}')
    mine.expect("nack")
    mine.connection.close()

    site.assert_never_logged("zebra", "walrus", "pelican", "ostrich")
