"""Messages that change, on a real server: what everybody hears, and that nothing removed is heard again."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.messages.presenters import rows
from chat.models import Membership, Message, Room
from tests.base import signed_in
from tests.factories import make_user
from tests.live.client import Frame, Join, Member

pytestmark = pytest.mark.site

SECRET = "the secret plan"


def ask(member: Member, kind: str, **fields: Any) -> Frame:
    """The answer to a command."""
    client_id = str(uuid4())
    member.say(kind, client_id=client_id, **fields)
    while True:
        frame = member.next()
        if frame.get("client_id") == client_id:
            return frame


def posted(member: Member, room: Room, body: str, **fields: Any) -> int:
    """The place of a new message."""
    return ask(member, "message.post", room=room.public_id, body=body, **fields)["seq"]


def test_a_change_comes_to_everybody_in_its_place(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs = join(alice), join(bob)
    seq = posted(mine, room, "helo")

    answer = ask(mine, "message.edit", room=room.public_id, seq=seq, body="**hello**")
    ask(theirs, "reaction.set", room=room.public_id, seq=seq, emoji="👍", on=True)
    ask(theirs, "message.pin", room=room.public_id, seq=seq, on=True)
    ask(mine, "message.remove", room=room.public_id, seq=seq)

    assert answer == {"type": "ack", "client_id": answer["client_id"]}
    for member in (mine, theirs):
        member.drain()
        told = [frame for frame in member.heard if frame["type"] in {"message.changed", "room.changed"}]
        assert [(frame["type"], frame["rev"]) for frame in told] == [
            ("message.changed", 2),
            ("message.changed", 3),
            ("message.changed", 4),
            ("room.changed", 5),
            ("message.changed", 6),
        ]
        edited, reacted, pinned, _, removed = (frame["message"] for frame in told)
        assert (edited["body"], edited["html"]) == ("**hello**", "<p><strong>hello</strong></p>")
        assert reacted["reactions"] == [["👍", [bob.public_id]]]
        assert pinned["pinned"]
        assert (removed["body"], removed["removed"], "reactions" in removed) == ("", "author", False)


def test_over_http_it_is_the_same(join: Join, room: Room, alice: User, bob: User) -> None:
    theirs = join(bob)
    seq = posted(theirs, room, "hi")
    command = {"type": "reaction.set", "room": room.public_id, "seq": seq, "emoji": "❤️", "on": True}
    client_id = str(uuid4())

    client = signed_in(alice)
    answer = client.post("/api/commands/", json.dumps({**command, "client_id": client_id}), "application/json")
    refusal = client.post("/api/commands/", json.dumps({**command, "emoji": "heart"}), "application/json")

    assert answer.json() == {"type": "ack", "client_id": client_id}
    assert (refusal.status_code, refusal.json()["code"]) == (422, "bad_emoji")
    assert Message.objects.get().reactions.get().user == alice


@pytest.fixture
def crowd(transactional_db: None) -> tuple[Room, list[User]]:
    """Twenty people in a group."""
    people = [make_user(f"person{number}") for number in range(20)]
    room = Room.objects.create(kind=Room.Kind.GROUP, name="Crowd", member_count=len(people))
    Membership.objects.bulk_create(Membership(room=room, user=person) for person in people)
    return room, people


def test_a_storm_of_reactions_ends_alike_on_every_screen(join: Join, crowd: tuple[Room, list[User]]) -> None:
    room, people = crowd
    members = [join(person) for person in people]
    seq = posted(members[0], room, "react!")

    def storm(number: int) -> None:
        choice = random.Random(number)
        for _ in range(6):
            emoji, on = choice.choice("👍😂🎉"), choice.random() < 0.8
            ask(members[number], "reaction.set", room=room.public_id, seq=seq, emoji=emoji, on=on)

    with ThreadPoolExecutor(len(members)) as threads:
        list(threads.map(storm, range(len(members))))

    (truth,) = rows(Message.objects.filter(room=room, seq=seq))
    for member in members:
        member.drain()
        revs = [frame["rev"] for frame in member.heard if frame["type"] == "message.changed"]
        assert revs == list(range(2, truth["rev"] + 1))
        last = [frame["message"] for frame in member.heard if frame["type"] == "message.changed"][-1]
        assert last == truth
    reacted = [person for _, people in truth["reactions"] for person in people]
    assert len(reacted) == len(set(reacted))


def hide_it(member: Member, room: Room, seq: int) -> None:
    ask(member, "message.remove", room=room.public_id, seq=seq)


def correct_it(member: Member, room: Room, seq: int) -> None:
    ask(member, "message.edit", room=room.public_id, seq=seq, body="nothing")


@pytest.mark.parametrize("change", [hide_it, correct_it])
def test_what_was_taken_back_is_never_told_again(
    join: Join, room: Room, alice: User, bob: User, change: Callable[[Member, Room, int], None]
) -> None:
    mine = join(alice)
    theirs = join(bob)
    seq = posted(mine, room, SECRET)
    posted(theirs, room, "really?", reply_to=seq)
    posted(theirs, room, "tell me more", reply_to=seq)

    change(mine, room, seq)

    late = join(bob, **{room.public_id: 0})
    told = [late.expect("synced")]
    for since in range(5):
        late.say("sync", room=room.public_id, since=since)
        told.append(late.expect("synced"))
    told.append(join(bob).heard[0])
    told.append(signed_in(bob).get(f"/r/{room.public_id}/messages/").json())
    assert SECRET not in json.dumps(told)
    assert SECRET not in signed_in(bob).get(f"/r/{room.public_id}/").content.decode()


def test_ones_own_things_come_to_ones_own_sockets(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, theirs, their_phone = join(alice), join(bob), join(bob)
    seq = posted(mine, room, "hello")

    ask(theirs, "message.star", room=room.public_id, seq=seq, on=True)
    ask(theirs, "room.unread", room=room.public_id)
    ask(theirs, "message.hide", room=room.public_id, seq=seq)

    assert their_phone.expect("membership.changed")["starred"] == [[seq, True]]
    assert their_phone.expect("membership.changed")["unread_from_seq"] == seq
    assert their_phone.expect("membership.changed")["hidden"] == [seq]
    assert not [frame for frame in mine.drain() if frame["type"] != "ack"]


def test_a_forwarded_message_arrives_like_any_other(join: Join, room: Room, alice: User, bob: User, eve: User) -> None:
    elsewhere = Room.objects.create(kind=Room.Kind.GROUP, name="Elsewhere", member_count=2)
    Membership.objects.bulk_create(Membership(room=elsewhere, user=user) for user in (bob, eve))
    mine, theirs, outside = join(alice), join(bob), join(eve)
    seq = posted(mine, room, "look")

    ask(theirs, "message.forward", room=room.public_id, seq=seq, to=elsewhere.public_id)

    for member in (theirs, outside):
        member.drain()
        told = [frame for frame in member.heard if frame.get("room") == elsewhere.public_id and "message" in frame]
        (row,) = [frame["message"] for frame in told if frame["type"] == "message.posted"]
        assert (row["body"], row["sender"], row["forwarded"]) == ("look", bob.public_id, True)
    assert not mine.drain()
