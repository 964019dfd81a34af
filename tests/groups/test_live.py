"""A group on a real server: who hears what as people come and go."""

import json

import pytest

from accounts.models import User
from chat.models import Mention, Room
from chat.rooms.groups import change_group
from chat.rooms.members import add_members, join_group, leave_group, remove_member, set_role
from tests.base import signed_in
from tests.live.client import Frame, Join, Member

pytestmark = pytest.mark.site


def happened(member: Member, what: str) -> Frame:
    """The next line in the room that says this."""
    while True:
        frame = member.expect("room.changed")
        if frame["message"]["event"]["what"] == what:
            return frame


def test_everybody_hears_what_is_said_and_the_sender_the_ack(
    join: Join, group: Room, olga: User, alice: User, bob: User
) -> None:
    mine, others = join(olga), [join(alice), join(bob)]

    client_id = mine.post(group.public_id, "hello all")

    mine.expect("ack", client_id=client_id)
    for other in others:
        assert other.expect("message.posted")["message"]["body"] == "hello all"


def test_a_membership_says_what_a_group_is(join: Join, group: Room, mo: User) -> None:
    place = join(mo).heard[0]["memberships"][0]

    known = {key: place[key] for key in ("kind", "title", "topic", "role", "posting", "member_count", "slug", "people")}
    assert known == {
        "kind": "group",
        "title": "Boats",
        "topic": "Wood and water",
        "role": "moderator",
        "posting": "free",
        "member_count": 4,
        "slug": "boats",
        "people": [],
    }


def test_who_is_removed_hears_that_and_nothing_after(
    join: Join, group: Room, olga: User, alice: User, bob: User
) -> None:
    mine, theirs, phone = join(olga), join(bob), join(bob)

    remove_member(user=olga, room=group.public_id, person=bob.public_id)
    for socket in (theirs, phone):
        socket.expect("membership.changed", room=group.public_id, state="removed")
    mine.post(group.public_id, "behind his back")
    mine.expect("ack")

    for socket in (theirs, phone):
        assert socket.drain() == []
        assert "behind his back" not in json.dumps(socket.heard)
        socket.say("sync", room=group.public_id, since=0)
        assert socket.expect("nack")["code"] == "not_found"
        socket.post(group.public_id, "let me in")
        assert socket.expect("nack")["code"] == "not_found"
        socket.say("typing.start", room=group.public_id)
        assert socket.expect("nack")["code"] == "not_found"
    assert join(bob).heard[0]["memberships"] == []
    assert signed_in(bob).get(f"/r/{group.public_id}/").status_code == 404


def test_the_others_hear_that_somebody_went(join: Join, group: Room, olga: User, bob: User, mo: User) -> None:
    mine = join(mo)

    remove_member(user=olga, room=group.public_id, person=bob.public_id)

    frame = happened(mine, "removed")
    event = {"what": "removed", "people": [bob.public_id], "member_count": 3}
    assert (frame["message"]["sender"], frame["message"]["event"]) == (olga.public_id, event)
    mine.drain()
    assert not [heard for heard in mine.heard if heard.get("state") == "removed"]  # one place changed: his


def test_who_leaves_hears_nothing_after(join: Join, group: Room, olga: User, alice: User) -> None:
    mine, theirs = join(olga), join(alice)

    leave_group(user=alice, room=group.public_id)
    theirs.expect("membership.changed", state="left")
    happened(mine, "left")
    mine.post(group.public_id, "she is gone")
    mine.expect("ack")

    assert theirs.drain() == []


@pytest.mark.parametrize("shows_history", [True, False])
def test_who_joins_hears_the_room_from_there_and_reads_back_only_where_that_is_shown(
    join: Join, group: Room, olga: User, eve: User, shows_history: bool
) -> None:
    mine, theirs = join(olga), join(eve)
    mine.post(group.public_id, "said before")
    mine.expect("ack")
    change_group(user=olga, room=group.public_id, is_open=True, shows_history=shows_history)

    join_group(user=eve, room=group.public_id)
    place = theirs.expect("membership.changed", room=group.public_id)
    assert (place["state"], place["unread"]) == ("member", 0)
    mine.post(group.public_id, "said after")
    assert theirs.expect("message.posted")["message"]["body"] == "said after"

    theirs.say("sync", room=group.public_id, since=0)
    told = theirs.next()
    while told["type"] not in {"synced", "reset"}:
        told = theirs.next()
    bodies = [row["body"] for row in told["rows"] if row["body"]]
    assert bodies == (["said before", "said after"] if shows_history else ["said after"])


def test_who_is_added_hears_the_room_at_once(join: Join, group: Room, olga: User, eve: User) -> None:
    mine, theirs = join(olga), join(eve)

    add_members(user=olga, room=group.public_id, people=[eve])
    assert theirs.expect("membership.changed")["title"] == "Boats"
    mine.post(group.public_id, "welcome")

    assert theirs.expect("message.posted")["message"]["body"] == "welcome"


def test_a_rename_is_one_line_for_everybody(join: Join, group: Room, olga: User, alice: User) -> None:
    theirs = join(alice)

    change_group(user=olga, room=group.public_id, name="Ships")

    assert happened(theirs, "renamed")["message"]["event"] == {"what": "renamed", "name": "Ships"}


def test_in_an_announcement_room_members_read(join: Join, group: Room, olga: User, alice: User) -> None:
    mine, theirs = join(olga), join(alice)
    change_group(user=olga, room=group.public_id, is_announcement=True)
    theirs.expect("membership.changed", posting="reading")

    theirs.post(group.public_id, "but I think")
    assert theirs.expect("nack")["code"] == "read_only"
    mine.post(group.public_id, "hear, hear")
    theirs.expect("message.posted")

    set_role(user=olga, room=group.public_id, person=alice.public_id, role="moderator")
    theirs.expect("membership.changed", posting="free", role="moderator")
    theirs.post(group.public_id, "now I may")
    theirs.expect("ack")


def test_a_mention_is_in_the_row_in_the_list_and_in_the_database(
    join: Join, group: Room, olga: User, alice: User, bob: User
) -> None:
    mine, theirs = join(olga), join(alice)

    mine.post(group.public_id, "a plank for @Alice")

    row = theirs.expect("message.posted")["message"]
    assert row["mentions"] == [alice.public_id]
    assert f'<span class="mention" data-user="{alice.public_id}">@Alice</span>' in row["html"]
    assert [mention.user_id for mention in Mention.objects.all()] == [alice.pk]
    assert join(alice).heard[0]["memberships"][0]["mentioned"] is True
    assert join(bob).heard[0]["memberships"][0]["mentioned"] is False


def test_nobodys_pointers_go_around_in_a_group_but_who_has_seen_ones_message_can_be_asked(
    join: Join, group: Room, olga: User, alice: User, bob: User, mo: User
) -> None:
    mine, theirs = join(olga), join(alice)
    mine.post(group.public_id, "seen?")
    seq = mine.expect("ack")["seq"]
    theirs.expect("message.posted")

    theirs.say("room.read", room=group.public_id, seq=seq)
    theirs.expect("membership.changed", read_seq=seq)  # written down

    assert not [frame for frame in mine.drain() if frame["type"] == "receipts.changed"]
    address = f"/r/{group.public_id}/messages/{seq}/seen/"
    answer = signed_in(olga).get(address).json()
    assert (answer["count"], [one["username"] for one in answer["people"]]) == (1, ["alice"])
    assert signed_in(alice).get(address).status_code == 404  # somebody else's message


@pytest.mark.parametrize("who", ["olga", "alice"])
def test_receipts_off_on_either_side_tell_nothing(join: Join, group: Room, olga: User, alice: User, who: str) -> None:
    mine, theirs = join(olga), join(alice)
    User.objects.filter(username=who).update(gives_receipts=False)
    mine.post(group.public_id, "seen?")
    seq = mine.expect("ack")["seq"]
    theirs.expect("message.posted")
    theirs.say("room.read", room=group.public_id, seq=seq)
    theirs.expect("membership.changed", read_seq=seq)

    assert signed_in(olga).get(f"/r/{group.public_id}/messages/{seq}/seen/").json() == {"count": 0, "people": []}
