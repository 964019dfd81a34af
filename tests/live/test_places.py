"""What one arranges for oneself reaches one's own devices, and nobody else's."""

from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Membership, Room
from tests.live.client import Join

pytestmark = pytest.mark.site


def test_all_my_devices_hear_what_one_of_them_arranged(join: Join, room: Room, alice: User, bob: User) -> None:
    mine, my_phone, theirs = join(alice), join(alice), join(bob)
    client_id = str(uuid4())

    mine.say("place.set", client_id=client_id, room=room.public_id, pinned=True, muted="8h")

    for device in (mine, my_phone):
        told = device.expect("membership.changed")
        assert (told["room"], told["pinned"], told["level"]) == (room.public_id, True, "all")
        assert told["muted"] > "2026"
    assert mine.expect("ack") == {"type": "ack", "client_id": client_id}
    assert theirs.drain() == []


def test_a_draft_goes_to_my_devices_alone_and_the_newer_version_wins(
    join: Join, room: Room, alice: User, bob: User
) -> None:
    mine, my_phone, theirs = join(alice), join(alice), join(bob)

    mine.say("draft.set", room=room.public_id, body="half a")
    first = my_phone.expect("membership.changed")
    mine.say("draft.set", room=room.public_id, body="half a thought", reply_to=1)
    second = my_phone.expect("membership.changed")

    assert (first["draft"]["body"], second["draft"]["body"]) == ("half a", "half a thought")
    assert second["draft"]["reply_to"] == 1
    assert second["version"] > first["version"]
    assert theirs.drain() == []
    assert join(alice).heard[0]["memberships"][0]["draft"]["body"] == "half a thought"


def test_what_makes_no_sense_changes_nothing(join: Join, room: Room, alice: User) -> None:
    mine = join(alice)
    for fields in ({"muted": "for ever"}, {"pinned": "yes"}, {"level": "some"}, {"colour": "red"}):
        mine.say("place.set", room=room.public_id, **fields)
        assert mine.expect("nack")["code"] == "bad_frame"
    mine.say("draft.set", room=room.public_id, body="x" * 4001)
    assert mine.expect("nack")["code"] == "too_long"

    place = Membership.objects.get(user=alice, room=room)

    assert (place.version, place.pinned_at, place.draft, place.level) == (1, None, None, "all")
