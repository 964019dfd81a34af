"""What people choose about each other takes effect on open sockets, and nobody can tell why."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.services import change_privacy
from chat.models import Membership, Room
from chat.people.blocks import block_person, close_room
from chat.people.requests import accept_request, decline_request, room_with
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.live.client import Frame, Join, Member
from tests.people.talk import group_of, say

pytestmark = pytest.mark.site
AT_ONCE = 1.0  # second


def kinds(frames: list[Frame]) -> set[str]:
    return {frame["type"] for frame in frames}


def watch(member: Member, person: User) -> str:
    """Watches one person; what is said of them."""
    member.say("presence.watch", users=[person.public_id])
    states = [frame["state"] for frame in member.drain() if frame["type"] == "presence.changed"]
    return states[-1] if states else "unknown"


def act(member: Member, kind: str, **fields: Any) -> None:
    """Says a command that a service answers, and hears that it is done."""
    client_id = str(uuid4())
    member.say(kind, client_id=client_id, **fields)
    member.expect("ack", client_id=client_id)


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_a_request_gives_nothing_away_until_it_is_accepted(join: Join, alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)
    asker, asked = join(alice), join(bob)
    asker.post(room.public_id, "hello")
    asked.expect("message.posted", room=room.public_id)
    asked.say("room.received", rooms={room.public_id: 1})
    asked.say("room.read", room=room.public_id, seq=1)
    asked.expect("membership.changed", room=room.public_id, read_seq=1)
    asked.say("typing.start", room=room.public_id)
    asked.drain()
    assert watch(asker, bob) == "unknown"
    assert not kinds(asker.drain()) & {"receipts.changed", "typing.started", "presence.changed"}

    act(asked, "request.accept", room=room.public_id)
    changed = asker.expect("membership.changed", AT_ONCE, room=room.public_id, posting="free")
    assert changed["receipts"] == {bob.public_id: {"received": 1, "read": 1}}
    assert watch(asker, bob) == "online"


def test_a_request_is_declined_without_a_word(join: Join, alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)
    asker, asked = join(alice), join(bob)
    asker.post(room.public_id, "hello")
    asked.expect("message.posted", room=room.public_id)
    act(asked, "request.decline", room=room.public_id)
    asked.say("sync", room=room.public_id, since=0)
    assert asked.expect("nack")["code"] == "not_found"

    changed = asker.expect("membership.changed", AT_ONCE, room=room.public_id, posting="refused")
    assert (changed["state"], changed["receipts"]) == ("member", {bob.public_id: {"received": 0, "read": 0}})
    asker.post(room.public_id, "hello?")
    assert asker.expect("nack")["code"] == "not_accepting"
    assert not [frame for frame in asked.drain() if frame.get("room") == room.public_id]


# --- Blocks -----------------------------------------------------------------------------------------------------------


def test_a_block_holds_on_open_sockets_at_once(join: Join, alice: User, bob: User, room: Room) -> None:
    blocked, blocker = join(alice), join(bob)
    assert (watch(blocked, bob), watch(blocker, alice)) == ("online", "online")
    act(blocker, "person.block", user=alice.public_id, on=True)

    blocked.expect("membership.changed", AT_ONCE, room=room.public_id, posting="refused")
    blocked.expect("presence.changed", AT_ONCE, user=bob.public_id, state="offline")
    blocker.expect("presence.changed", AT_ONCE, user=alice.public_id, state="offline")
    blocked.say("typing.start", room=room.public_id)
    blocked.post(room.public_id, "let me in")
    assert blocked.expect("nack")["code"] == "not_accepting"
    assert (watch(blocked, bob), watch(blocker, alice)) == ("unknown", "unknown")
    assert not kinds(blocker.drain()) & {"typing.started", "message.posted"}

    act(blocker, "person.block", user=alice.public_id, on=False)
    blocked.expect("membership.changed", AT_ONCE, room=room.public_id, posting="free")
    assert watch(blocked, bob) == "online"


def test_in_a_group_a_block_folds_messages_away_at_once(join: Join, alice: User, bob: User, eve: User) -> None:
    group = group_of(alice, bob, eve)
    blocked, blocker, other = join(alice), join(bob), join(eve)
    act(blocker, "person.block", user=alice.public_id, on=True)
    blocked.say("typing.start", room=group.public_id)
    other.expect("typing.started", room=group.public_id)
    blocked.post(group.public_id, "from somebody blocked")

    row = blocker.expect("message.posted", room=group.public_id)["message"]
    assert (row["body"], row["hidden"]) == ("", "blocked")
    assert other.expect("message.posted", room=group.public_id)["message"]["body"] == "from somebody blocked"
    assert "typing.started" not in kinds(blocker.heard)


Shut = Callable[[User, User, Room], None]


def block(bob: User, alice: User, room: Room) -> None:
    block_person(blocker=bob, blocked=alice, on=True)


def close(bob: User, alice: User, room: Room) -> None:
    close_room(user=bob, room=room.public_id, on=True)


def nobody(bob: User, alice: User, room: Room) -> None:
    change_privacy(user=bob, write_audience="nobody")


def test_what_the_other_one_hears_is_the_same_whatever_it_was(join: Join, alice: User) -> None:
    """Frame by frame, of three pairs made alike: but for ids, times and the order of words that don't hang together."""
    heard = []
    for number, shut in enumerate((block, close, nobody)):
        alice = User.objects.create_user(f"alice{number}", display_name="Alice")
        bob = User.objects.create_user(f"bob{number}", display_name="Bob")
        room = open_direct_room(opener=alice, other=bob)
        say(room, alice), say(room, bob)
        one, other = join(alice), join(bob)
        assert watch(one, bob) == "online"
        start = len(one.heard)
        shut(bob, alice, room)
        one.expect("membership.changed", room=room.public_id)
        one.expect("presence.changed", user=bob.public_id)
        other.say("room.read", room=room.public_id, seq=2)
        other.say("typing.start", room=room.public_id)
        other.drain()
        one.say("typing.start", room=room.public_id)
        one.say("presence.watch", users=[bob.public_id])
        one.say("sync", room=room.public_id, since=0)
        one.post(room.public_id, "let me in")
        one.expect("nack")
        one.drain()
        names = {alice.public_id: "A", bob.public_id: "B", room.public_id: "R"}
        frames = [json.dumps(masked(frame, names, number), sort_keys=True) for frame in one.heard[start:]]
        heard.append(sorted(set(frames)))  # the same may be told twice: by a word and by polling

    assert heard[0] == heard[1] == heard[2]


def masked(value: Any, names: dict[str, str], number: int) -> Any:
    if isinstance(value, dict):
        return {
            names.get(key, key): "-" if key in TIMES else masked(inner, names, number) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [masked(inner, names, number) for inner in value]
    return names.get(value, value.replace(str(number), "#")) if isinstance(value, str) else value


TIMES = {"client_id", "created", "joined", "hue"}


# --- Receipts, typing, presence ---------------------------------------------------------------------------------------


def test_switching_receipts_off_holds_on_open_sockets_at_once(join: Join, alice: User, bob: User, room: Room) -> None:
    reader, writer = join(bob), join(alice)
    say_and_read(writer, reader, room, 1)
    assert writer.expect("receipts.changed", AT_ONCE * 3)["read"] == 1

    privacy(bob, gives_receipts=False)
    reader.expect("membership.changed", AT_ONCE, room=room.public_id)
    say_and_read(writer, reader, room, 2)
    assert not kinds(writer.drain()) & {"receipts.changed"}  # his own pointer has moved, nobody heard
    assert Membership.objects.get(room=room, user=bob).read_seq == 2

    say_and_read(reader, writer, room, 3)
    assert not kinds(reader.drain()) & {"receipts.changed"}  # who gives none hears none


def say_and_read(writer: Member, reader: Member, room: Room, seq: int) -> None:
    writer.post(room.public_id, f"message {seq}")
    reader.expect("message.posted", room=room.public_id, rev=seq)
    reader.say("room.read", room=room.public_id, seq=seq)
    reader.expect("membership.changed", room=room.public_id, read_seq=seq)


def privacy(user: User, **choices: Any) -> None:
    """As the settings page does it."""
    form = {name: getattr(user, name) for name in ("write_audience", "presence_audience", "last_seen_audience")}
    for switch in ("gives_receipts", "gives_typing", "is_listed"):
        if choices.get(switch, True):
            form[switch] = "on"
    signed_in(user).post("/me/privacy/", form | {name: choice for name, choice in choices.items() if choice})


@pytest.mark.parametrize("silent", ["alice", "bob"])
def test_who_does_not_tell_that_they_type_is_not_told_either(
    join: Join, alice: User, bob: User, room: Room, silent: str
) -> None:
    people = {"alice": alice, "bob": bob}
    writer, reader = join(alice), join(bob)
    privacy(people[silent], gives_typing=False)
    writer.say("typing.start", room=room.public_id)
    writer.drain()

    assert "typing.started" not in kinds(reader.drain())


def test_who_is_seen_by_nobody_sees_nobody_at_once(join: Join, alice: User, bob: User, room: Room) -> None:
    hiding, other = join(alice), join(bob)
    assert (watch(hiding, bob), watch(other, alice)) == ("online", "online")
    privacy(alice, presence_audience="nobody")

    hiding.expect("presence.changed", AT_ONCE, user=bob.public_id, state="offline")
    other.expect("presence.changed", AT_ONCE, user=alice.public_id, state="offline")
    assert (watch(hiding, bob), watch(other, alice)) == ("unknown", "unknown")


def test_declining_in_one_tab_reaches_the_others(join: Join, alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)
    say(room, alice)
    tab = join(bob)
    decline_request(user=bob, room=room.public_id)

    tab.expect("membership.changed", AT_ONCE * 5, room=room.public_id, state="declined")


def test_accepting_is_heard_by_both(join: Join, alice: User, bob: User) -> None:
    room = room_with(bob, opener=alice)
    say(room, alice)
    one, other = join(alice), join(bob)
    accept_request(user=bob, room=room.public_id)

    one.expect("membership.changed", AT_ONCE * 5, room=room.public_id, posting="free")
    other.expect("membership.changed", AT_ONCE * 5, room=room.public_id, posting="free")
