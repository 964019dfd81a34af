"""Links that let whoever has one into a group."""

import logging
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from chat.errors import InviteGone, NotAllowed, NotFound
from chat.models import Invite, Membership, Room
from chat.rooms.changes import lock_rooms, room_change
from chat.rooms.members import enter
from chat.rooms.rights import Right, check, may

log = logging.getLogger(__name__)

MOST = 20  # links that work at the same time, in one room


def make_invite(*, user: User, room: str, days: int, uses: int | None = None) -> Invite:
    """A link that lets people in for so many days, so many times (None: any number).

    Raises `NotAllowed`, also where `MOST` links work already, and `NotFound`.
    """
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.INVITE)
        if working_invites(change.room).count() >= MOST:
            raise NotAllowed(f"This room has {MOST} links already. Withdraw one first.")
        ends = timezone.now() + timedelta(days=days)
        token = secrets.token_urlsafe(18)
        made = Invite.objects.create(room=change.room, token=token, made_by=user, expires_at=ends, uses_left=uses)
    log.info("invite made room=%s by=%s", made.room_id, user.pk)
    return made


def revoke_invite(*, user: User, room: str, invite_id: int) -> None:
    """Withdraws a link: one's own, or any for who keeps order. Raises `NotFound` for what isn't there or theirs."""
    with room_change(user_id=user.pk, room=room) as change:
        found = Invite.objects.filter(room=change.room, pk=invite_id).first()
        if found is None or not (change.place.moderates or found.made_by_id == user.pk):
            raise NotFound("This link isn’t there any more.")
        found.delete()
    log.info("invite withdrawn room=%s by=%s", change.room.pk, user.pk)


def working_invites(room: Room) -> QuerySet[Invite]:
    """The room's links that still work, newest first."""
    return _working().filter(room=room).order_by("-pk").select_related("made_by")


def invite_by(token: str) -> Invite:
    """The link with this token, its room and maker loaded. Raises `InviteGone` for all that lets nobody in.

    A link is as good as its maker's right to bring people in: who was removed takes theirs along.
    """
    found = _working().filter(token=token.replace("\0", "")).select_related("room", "made_by").first()
    if found is None or not _stands(found):
        raise InviteGone
    return found


def join_by_invite(*, user: User, token: str) -> Room:
    """`user` comes in by a link; who is inside already uses nothing up. Raises `InviteGone` and `RemovedBefore`."""
    with transaction.atomic():
        room = lock_rooms(Q(pk=invite_by(token).room_id))[0]
        invite = invite_by(token)  # again, now that nobody else can use it up
        if enter(room, user) and invite.uses_left is not None:
            invite.uses_left -= 1
            invite.save(update_fields=["uses_left"])
    return room


def _working() -> QuerySet[Invite]:
    fresh = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Invite.objects.filter(fresh, Q(uses_left=None) | Q(uses_left__gt=0))


def _stands(invite: Invite) -> bool:
    maker = Membership.objects.accepted().filter(room=invite.room_id, user=invite.made_by_id).select_related("room")
    place = maker.first()
    return place is not None and may(place, Right.INVITE)
