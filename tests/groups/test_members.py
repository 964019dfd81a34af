"""Coming, going, and who is what."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Block, User
from chat.errors import CantAdd, ChatError, LastOwner, NotAllowed, NotFound, RemovedBefore, SlowDown
from chat.live import limits
from chat.messages.services import Draft, post_messages
from chat.models import Invite, Membership, Message, Room
from chat.people.services import visible_presences
from chat.rooms.groups import change_group, create_group
from chat.rooms.invites import make_invite
from chat.rooms.members import add_members, hand_over, join_group, leave_group, remove_member, set_role
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.groups.test_groups import CAST, events

Role = Membership.Role


def place(room: Room, user: User) -> Membership:
    """Where this person stands in the room now."""
    return Membership.objects.get(room=room, user=user)


def count(room: Room) -> int:
    """What the room says of how many are in it."""
    return Room.objects.get(pk=room.pk).member_count


# --- Joining ----------------------------------------------------------------------------------------------------------


def test_anybody_comes_into_an_open_room(group: Room, olga: User, eve: User) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)
    before = Room.objects.get(pk=group.pk).last_rev

    join_group(user=eve, room=group.public_id)
    join_group(user=eve, room=group.public_id)

    assert events(group)[-1] == {"what": "joined", "member_count": 5}
    assert Room.objects.get(pk=group.pk).last_rev == before + 1
    assert (place(group, eve).state, place(group, eve).role, count(group)) == ("member", "member", 5)


@pytest.mark.parametrize("others", [0, 200])
def test_coming_in_costs_the_same_however_many_are_there(
    group: Room, olga: User, eve: User, others: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    crowd = User.objects.bulk_create(User(username=f"x{number:03}") for number in range(others))
    Membership.objects.bulk_create(Membership(room=group, user=person) for person in crowd)
    change_group(user=olga, room=group.public_id, is_open=True)

    with django_assert_max_num_queries(20):
        join_group(user=eve, room=group.public_id)

    assert count(group) == 5 + others


def test_nobody_comes_into_a_private_or_a_direct_room(group: Room, alice: User, bob: User, eve: User) -> None:
    direct = open_direct_room(opener=alice, other=bob)

    for room in (group.public_id, direct.public_id, "nosuchroom"):
        with pytest.raises(NotFound):
            join_group(user=eve, room=room)


def test_who_was_removed_stays_out_until_somebody_who_keeps_order_brings_them_back(
    group: Room, olga: User, mo: User, alice: User, bob: User
) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)
    remove_member(user=mo, room=group.public_id, person=bob.public_id)

    with pytest.raises(RemovedBefore):
        join_group(user=bob, room=group.public_id)
    with pytest.raises(CantAdd):
        add_members(user=alice, room=group.public_id, people=[bob])

    add_members(user=mo, room=group.public_id, people=[bob])
    assert place(group, bob).is_inside


@pytest.mark.parametrize("shows_history", [True, False])
def test_newcomers_see_what_was_said_before_only_where_the_room_says_so(
    group: Room, olga: User, eve: User, shows_history: bool
) -> None:
    change_group(user=olga, room=group.public_id, is_open=True, shows_history=shows_history)

    join_group(user=eve, room=group.public_id)

    seen = Message.objects.visible_to(place(group, eve)).order_by("seq")
    assert seen.first().event["what"] == ("created" if shows_history else "joined")
    assert seen.last().event["what"] == "joined"


def test_who_comes_again_sees_nothing_of_their_absence_where_history_is_off(
    group: Room, olga: User, alice: User
) -> None:
    change_group(user=olga, room=group.public_id, is_open=True, shows_history=False)
    before = place(group, alice)
    leave_group(user=alice, room=group.public_id)
    change_group(user=olga, room=group.public_id, topic="Behind her back")
    join_group(user=alice, room=group.public_id)

    after = place(group, alice)
    assert after.visible_from_seq == Room.objects.get(pk=group.pk).last_rev > before.visible_from_seq
    assert after.version > before.version
    assert after.read_seq == after.visible_from_seq - 1


def test_a_newcomer_to_an_announcement_room_reads(group: Room, olga: User, eve: User) -> None:
    change_group(user=olga, room=group.public_id, is_open=True, is_announcement=True)

    join_group(user=eve, room=group.public_id)

    assert place(group, eve).posting == Membership.Posting.READING


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_people_are_added_once_with_one_line(group: Room, alice: User, bob: User, eve: User) -> None:
    kim = make_user("kim")

    add_members(user=alice, room=group.public_id, people=[kim, eve, bob])

    assert events(group)[-1] == {"what": "added", "people": [kim.public_id, eve.public_id], "member_count": 6}
    assert count(group) == 6
    add_members(user=alice, room=group.public_id, people=[kim])
    assert count(group) == 6


@pytest.mark.parametrize("who", ["alice", "eve"])
def test_a_block_either_way_keeps_people_apart(group: Room, alice: User, eve: User, who: str) -> None:
    blocker, blocked = (alice, eve) if who == "alice" else (eve, alice)
    Block.objects.create(blocker=blocker, blocked=blocked)

    with pytest.raises(CantAdd) as refusal:
        add_members(user=alice, room=group.public_id, people=[eve])

    assert refusal.value.message == "Eve can’t be added to this room."  # as for who takes no messages at all


@pytest.mark.parametrize(("audience", "met", "may"), [
    ("everyone", False, True),
    ("everyone", True, True),
    ("shared", False, False),
    ("shared", True, True),
    ("nobody", False, False),
    ("nobody", True, False),
])  # fmt: skip
def test_who_may_be_added_is_who_may_be_written_to(
    group: Room, alice: User, audience: str, met: bool, may: bool
) -> None:
    kim = make_user("kim")
    if met:
        other = create_group(owner=kim, name="Elsewhere", people=[alice])
        Message.objects.filter(room=other)
    kim.write_audience = audience
    kim.save()

    if may:
        add_members(user=alice, room=group.public_id, people=[kim])
        return
    with pytest.raises(CantAdd):
        add_members(user=alice, room=group.public_id, people=[kim])


def test_at_most_fifty_at_once_and_no_deactivated(group: Room, olga: User) -> None:
    gone = make_user("gone", is_active=False)
    with pytest.raises(CantAdd):
        add_members(user=olga, room=group.public_id, people=[gone])

    crowd = [make_user(f"c{number}", password="x") for number in range(51)]
    with pytest.raises(CantAdd, match="cant_add"):
        add_members(user=olga, room=group.public_id, people=crowd)
    assert count(group) == 4


# --- Going ------------------------------------------------------------------------------------------------------------


def test_who_leaves_is_gone(group: Room, alice: User) -> None:
    leave_group(user=alice, room=group.public_id)

    assert events(group)[-1] == {"what": "left", "member_count": 3}
    assert place(group, alice).state == Membership.State.LEFT
    assert not Message.objects.visible_to(place(group, alice)).exists()
    with pytest.raises(NotFound):
        leave_group(user=alice, room=group.public_id)


def test_the_last_owner_hands_over_first(group: Room, olga: User, alice: User) -> None:
    with pytest.raises(LastOwner):
        leave_group(user=olga, room=group.public_id)

    hand_over(user=olga, room=group.public_id, person=alice.public_id)
    assert (place(group, alice).role, place(group, olga).role) == (Role.OWNER, Role.MODERATOR)
    leave_group(user=olga, room=group.public_id)
    assert count(group) == 3


def test_the_last_one_closes_the_room(olga: User, eve: User) -> None:
    room = create_group(owner=olga, name="Alone", is_open=True)
    make_invite(user=olga, room=room.public_id, days=7)

    leave_group(user=olga, room=room.public_id)

    room.refresh_from_db()
    assert (room.member_count, room.is_open) == (0, False)
    assert not Invite.objects.exists()
    with pytest.raises(NotFound):
        join_group(user=eve, room=room.public_id)


def test_a_direct_room_cant_be_left(alice: User, bob: User) -> None:
    with pytest.raises(NotAllowed):
        leave_group(user=alice, room=open_direct_room(opener=alice, other=bob).public_id)


def test_a_group_always_has_an_owner(group: Room, olga: User) -> None:
    with pytest.raises(LastOwner):
        set_role(user=olga, room=group.public_id, person=olga.public_id, role=Role.MEMBER)

    assert place(group, olga).role == Role.OWNER


def test_what_somebody_becomes_is_told(group: Room, olga: User, alice: User) -> None:
    set_role(user=olga, room=group.public_id, person=alice.public_id, role=Role.MODERATOR)
    set_role(user=olga, room=group.public_id, person=alice.public_id, role=Role.MODERATOR)

    told = [event for event in events(group) if event.get("people") == [alice.public_id]]
    assert told == [{"what": "role", "people": [alice.public_id], "role": "moderator"}]


# --- Rights -----------------------------------------------------------------------------------------------------------

Deed = Callable[[User, Room, dict[str, User]], object]
DEEDS: dict[str, tuple[Deed, str]] = {
    "adds": (lambda user, room, cast: add_members(user=user, room=room.public_id, people=[cast["kim"]]),
             "owner moderator member"),
    "invites": (lambda user, room, cast: make_invite(user=user, room=room.public_id, days=1),
                "owner moderator member"),
    "adds where members don't": (lambda user, room, cast: add_members(
        user=user, room=_closed(room), people=[cast["kim"]]), "owner moderator"),
    "removes a member": (lambda user, room, cast: _remove(user, room, cast["bob"]), "owner moderator"),
    "removes a moderator": (lambda user, room, cast: _remove(user, room, cast["other mo"]), "owner"),
    "removes an owner": (lambda user, room, cast: _remove(user, room, cast["other olga"]), ""),
    "gives a role": (lambda user, room, cast: set_role(
        user=user, room=room.public_id, person=cast["bob"].public_id, role=Role.MODERATOR), "owner"),
    "hands over": (lambda user, room, cast: hand_over(
        user=user, room=room.public_id, person=cast["bob"].public_id), "owner"),
}  # fmt: skip


def _remove(user: User, room: Room, person: User) -> None:
    remove_member(user=user, room=room.public_id, person=person.public_id)


def _closed(room: Room) -> str:
    Room.objects.filter(pk=room.pk).update(members_invite=False)
    return room.public_id


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("deed", DEEDS)
def test_who_does_what(group: Room, bob: User, eve: User, deed: str, who: str) -> None:
    cast = {"bob": bob, "kim": make_user("kim"), "other mo": make_user("mo2"), "other olga": make_user("olga2")}
    Membership.objects.create(room=group, user=cast["other mo"], role=Role.MODERATOR)
    Membership.objects.create(room=group, user=cast["other olga"], role=Role.OWNER)
    Membership.objects.create(room=group, user=make_user("gone"), state=Membership.State.REMOVED, role=Role.OWNER)
    act, allowed = DEEDS[deed]
    user = User.objects.get(username=who)

    if CAST[who] in allowed.split():
        act(user, group, cast)
        return
    refusal: type[ChatError] = NotFound if CAST[who] == "outsider" else NotAllowed
    with pytest.raises(refusal):
        act(user, group, cast)


def test_nobody_removes_themselves(group: Room, olga: User, mo: User) -> None:
    for user in (olga, mo):
        with pytest.raises(NotAllowed):
            _remove(user, group, user)


def test_who_isnt_inside_cant_be_removed_or_made_anything(group: Room, olga: User, eve: User) -> None:
    with pytest.raises(NotFound):
        _remove(olga, group, eve)
    with pytest.raises(NotFound):
        set_role(user=olga, room=group.public_id, person=eve.public_id, role=Role.OWNER)


# --- What being put somewhere tells -----------------------------------------------------------------------------------


def test_being_added_by_a_stranger_doesnt_show_them_ones_presence(group: Room, olga: User, eve: User) -> None:
    kim = make_user("kim", presence_audience=User.PresenceAudience.SHARED)
    add_members(user=olga, room=group.public_id, people=[kim])
    assert not visible_presences(viewer_id=olga.pk, public_ids=[kim.public_id])

    post_messages([Draft(sender_id=kim.pk, room=group.public_id, client_id=uuid4(), body="hello")])
    assert visible_presences(viewer_id=olga.pk, public_ids=[kim.public_id])
    assert not visible_presences(viewer_id=eve.pk, public_ids=[kim.public_id])


def test_who_comes_by_themselves_shows_themselves(group: Room, olga: User) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)
    kim = make_user("kim", presence_audience=User.PresenceAudience.SHARED)

    join_group(user=kim, room=group.public_id)

    assert visible_presences(viewer_id=olga.pk, public_ids=[kim.public_id])


def test_company_that_ends_ends_letters_from_it(
    group: Room, alice: User, bob: User, django_capture_on_commit_callbacks: Callable
) -> None:
    room = open_direct_room(opener=alice, other=bob)
    Membership.objects.filter(room=room).update(state=Membership.State.MEMBER)
    User.objects.filter(pk=bob.pk).update(write_audience=User.WriteAudience.SHARED)

    with django_capture_on_commit_callbacks(execute=True):
        leave_group(user=alice, room=group.public_id)
    assert place(room, alice).posting == Membership.Posting.REFUSED

    with django_capture_on_commit_callbacks(execute=True):
        add_members(user=bob, room=group.public_id, people=[alice])
    assert place(room, alice).posting == Membership.Posting.FREE


def test_who_is_out_hears_nothing_of_what_is_arranged_later(group: Room, olga: User, bob: User) -> None:
    remove_member(user=olga, room=group.public_id, person=bob.public_id)
    told = place(group, bob).version

    change_group(user=olga, room=group.public_id, name="Ships", is_announcement=True)

    assert place(group, bob).version == told


def test_who_went_is_not_put_back_without_end(
    group: Room, olga: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lobby = create_group(owner=olga, name="Lobby", people=[bob])
    post_messages([Draft(sender_id=bob.pk, room=lobby.public_id, client_id=uuid4(), body="no stranger")])
    monkeypatch.setattr(limits, "openings", limits.Limit(1, 0.001))
    leave_group(user=bob, room=group.public_id)
    add_members(user=olga, room=group.public_id, people=[bob])
    leave_group(user=bob, room=group.public_id)

    with pytest.raises(SlowDown):
        add_members(user=olga, room=group.public_id, people=[bob])
