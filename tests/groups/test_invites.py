"""Links into a group."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.errors import InviteGone, NotAllowed, NotFound, RemovedBefore
from chat.models import Invite, Membership, Room
from chat.rooms import invites
from chat.rooms.groups import change_group
from chat.rooms.invites import invite_by, join_by_invite, make_invite, revoke_invite
from chat.rooms.members import leave_group, remove_member
from tests.factories import make_user
from tests.groups.test_groups import events


def test_a_link_lets_in_who_has_it(group: Room, alice: User, eve: User) -> None:
    invite = make_invite(user=alice, room=group.public_id, days=7)

    join_by_invite(user=eve, token=invite.token)

    assert Membership.objects.accepted().filter(room=group, user=eve).exists()
    assert events(group)[-1] == {"what": "joined", "member_count": 5}


def test_a_link_lets_in_as_many_as_it_says(group: Room, alice: User, bob: User, eve: User) -> None:
    invite = make_invite(user=alice, room=group.public_id, days=7, uses=1)

    join_by_invite(user=bob, token=invite.token)  # inside already: uses nothing up
    join_by_invite(user=eve, token=invite.token)

    with pytest.raises(InviteGone):
        join_by_invite(user=make_user("kim"), token=invite.token)


def test_an_expired_a_withdrawn_and_an_invented_link_are_refused_alike(group: Room, alice: User, eve: User) -> None:
    expired = make_invite(user=alice, room=group.public_id, days=1)
    Invite.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdrawn = make_invite(user=alice, room=group.public_id, days=1)
    revoke_invite(user=alice, room=group.public_id, invite_id=withdrawn.pk)

    sentences = set()
    for token in (expired.token, withdrawn.token, "nosuchtoken"):
        with pytest.raises(InviteGone) as refusal:
            join_by_invite(user=eve, token=token)
        sentences.add((refusal.value.message, refusal.value.status))
    assert len(sentences) == 1
    assert not Membership.objects.filter(room=group, user=eve).exists()


def test_a_link_is_as_good_as_its_makers_right(group: Room, olga: User, mo: User, alice: User, bob: User) -> None:
    left = make_invite(user=alice, room=group.public_id, days=7)
    removed = make_invite(user=bob, room=group.public_id, days=7)
    kept = make_invite(user=mo, room=group.public_id, days=7)
    leave_group(user=alice, room=group.public_id)
    remove_member(user=mo, room=group.public_id, person=bob.public_id)

    for invite in (left, removed):
        with pytest.raises(InviteGone):
            invite_by(invite.token)
    assert invite_by(kept.token) == kept


def test_where_members_may_not_invite_their_links_end(group: Room, olga: User, alice: User) -> None:
    invite = make_invite(user=alice, room=group.public_id, days=7)
    change_group(user=olga, room=group.public_id, members_invite=False)

    with pytest.raises(InviteGone):
        invite_by(invite.token)


def test_who_was_removed_doesnt_come_back_by_a_link(group: Room, mo: User, bob: User) -> None:
    invite = make_invite(user=mo, room=group.public_id, days=7)
    remove_member(user=mo, room=group.public_id, person=bob.public_id)

    with pytest.raises(RemovedBefore):
        join_by_invite(user=bob, token=invite.token)


def test_a_member_withdraws_their_own_links_only(group: Room, mo: User, alice: User, bob: User, eve: User) -> None:
    invite = make_invite(user=alice, room=group.public_id, days=7)

    for user in (bob, eve):
        with pytest.raises(NotFound):
            revoke_invite(user=user, room=group.public_id, invite_id=invite.pk)
    revoke_invite(user=mo, room=group.public_id, invite_id=invite.pk)
    assert not Invite.objects.exists()


def test_a_link_of_another_room_cant_be_withdrawn_from_this_one(group: Room, olga: User, alice: User) -> None:
    other = Room.objects.create(kind=Room.Kind.GROUP, name="Other")
    invite = Invite.objects.create(room=other, token="t", made_by=alice)

    with pytest.raises(NotFound):
        revoke_invite(user=olga, room=group.public_id, invite_id=invite.pk)


def test_a_room_has_so_many_links_at_most(group: Room, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invites, "MOST", 2)
    for _ in range(2):
        make_invite(user=alice, room=group.public_id, days=7)

    with pytest.raises(NotAllowed):
        make_invite(user=alice, room=group.public_id, days=7)
