"""Founding a group and changing it, and what the room is told of that."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from accounts.models import Block, User
from chat.errors import CantAdd, NotAllowed, NotFound
from chat.models import Membership, Message, Room
from chat.rooms.groups import change_group, change_picture, create_group
from chat.rooms.services import open_direct_room
from tests.factories import make_user


def events(room: Room) -> list[dict]:
    """What happened in the room, in order."""
    return list(Message.objects.filter(room=room, kind="event").order_by("seq").values_list("event", flat=True))


def test_a_founder_owns_the_group_and_the_others_are_members(alice: User, bob: User) -> None:
    room = create_group(owner=alice, name="Boats", topic="Wood", is_open=True, people=[bob])

    room.refresh_from_db()
    roles = dict(Membership.objects.accepted().filter(room=room).values_list("user__username", "role"))
    assert roles == {"alice": "owner", "bob": "member"}
    assert (room.name, room.topic, room.is_open, room.member_count) == ("Boats", "Wood", True, 2)
    assert events(room) == [
        {"what": "created", "name": "Boats"},
        {"what": "added", "people": [bob.public_id], "member_count": 2},
    ]
    assert room.last_rev == 2


def test_nothing_is_founded_with_somebody_who_blocked_the_founder(alice: User, bob: User) -> None:
    Block.objects.create(blocker=bob, blocked=alice)

    with pytest.raises(CantAdd, match="cant_add"):
        create_group(owner=alice, name="Boats", people=[bob])

    assert not Room.objects.exists()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("name", "Ships", {"what": "renamed", "name": "Ships"}),
        ("topic", "", {"what": "topic", "topic": ""}),
        ("is_open", True, {"what": "opened"}),
        ("shows_history", False, {"what": "history", "on": False}),
        ("members_invite", False, {"what": "invites", "on": False}),
        ("is_announcement", True, {"what": "announcement", "on": True}),
    ],
)
def test_a_changed_setting_is_one_line_in_the_room(
    group: Room, olga: User, setting: str, value: object, told: dict
) -> None:
    before = len(events(group))

    change_group(user=olga, room=group.public_id, **{setting: value})
    change_group(user=olga, room=group.public_id, **{setting: value})  # nothing new

    group.refresh_from_db()
    assert getattr(group, setting) == value
    assert events(group)[before:] == [told]


def test_an_announcement_room_lets_only_those_who_keep_order_write(group: Room, olga: User) -> None:
    change_group(user=olga, room=group.public_id, is_announcement=True)
    posting = dict(Membership.objects.filter(room=group).values_list("user__username", "posting"))
    assert posting == {"olga": "free", "mo": "free", "alice": "reading", "bob": "reading"}

    change_group(user=olga, room=group.public_id, is_announcement=False)
    assert set(Membership.objects.filter(room=group).values_list("posting", flat=True)) == {"free"}


def test_several_settings_and_a_refusal_are_all_or_nothing(group: Room, mo: User) -> None:
    with pytest.raises(NotAllowed):
        change_group(user=mo, room=group.public_id, topic="Tar", name="Ships")

    group.refresh_from_db()
    assert (group.name, group.topic) == ("Boats", "Wood and water")


def test_a_setting_nobody_knows_is_a_mistake(group: Room, olga: User) -> None:
    with pytest.raises(TypeError):
        change_group(user=olga, room=group.public_id, last_rev=0)


def test_a_direct_room_has_no_settings(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    with pytest.raises(NotAllowed):
        change_group(user=alice, room=room.public_id, topic="us")


def test_a_new_picture_takes_the_old_ones_place(
    group: Room, olga: User, settings: object, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    settings.MEDIA_ROOT = tmp_path
    change_picture(user=olga, room=group.public_id, picture=b"first")
    first = Room.objects.get(pk=group.pk).avatar.name
    with django_capture_on_commit_callbacks(execute=True):
        change_picture(user=olga, room=group.public_id, picture=b"second")

    second = Room.objects.get(pk=group.pk).avatar.name
    assert second != first
    assert default_storage.exists(second)
    assert not default_storage.exists(first)
    assert events(group)[-1] == {"what": "avatar", "on": True}


def test_a_refused_picture_leaves_no_file(group: Room, alice: User, settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path

    with pytest.raises(NotAllowed):
        change_picture(user=alice, room=group.public_id, picture=b"mine")

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- Rights -----------------------------------------------------------------------------------------------------------

# Who may do what: owner, moderator, member; nobody else finds the room.
CHANGES: dict[str, tuple[dict[str, object], str]] = {
    "name": ({"name": "Ships"}, "owner"),
    "topic": ({"topic": "Tar"}, "owner moderator"),
    "open": ({"is_open": True}, "owner"),
    "history": ({"shows_history": False}, "owner"),
    "invites": ({"members_invite": False}, "owner"),
    "announcement": ({"is_announcement": True}, "owner"),
}
CAST = {"olga": "owner", "mo": "moderator", "alice": "member", "eve": "outsider", "gone": "outsider"}


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("change", CHANGES)
def test_who_changes_what(group: Room, eve: User, change: str, who: str) -> None:
    gone = make_user("gone")
    Membership.objects.create(room=group, user=gone, state=Membership.State.REMOVED, role="owner")
    settings, allowed = CHANGES[change]
    user = User.objects.get(username=who)

    if CAST[who] in allowed.split():
        change_group(user=user, room=group.public_id, **settings)
        return
    with pytest.raises(NotFound if CAST[who] == "outsider" else NotAllowed):
        change_group(user=user, room=group.public_id, **settings)
    group.refresh_from_db()
    assert all(getattr(group, key) != value for key, value in settings.items())
