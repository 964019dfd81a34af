"""Who comes into a group, who goes, and who is what there. Each under the room's lock, each a quiet line in it."""

import logging
from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import PersonQuerySet, User
from chat.errors import CantAdd, LastOwner, NotAllowed, NotFound, RemovedBefore
from chat.live import limits
from chat.models import Invite, Membership, Room
from chat.people.reach import withdrawn_from
from chat.people.services import keeps_company_with
from chat.rooms.changes import RoomChange, lock_rooms, room_change
from chat.rooms.posting import renew_company_of, renew_posting
from chat.rooms.rights import Right, check, outranks

log = logging.getLogger(__name__)

AT_ONCE = 50  # people added in one go
Role = Membership.Role
State = Membership.State


# --- Coming -----------------------------------------------------------------------------------------------------------


def addable_by(user: User) -> PersonQuerySet:
    """Whom `user` may put into a group: who keeps their company or takes everybody's messages; never after a block."""
    audience = User.WriteAudience
    anybody = Q(write_audience=audience.EVERYONE, is_listed=True)
    met = ~Q(write_audience=audience.NOBODY) & Q(keeps_company_with(user.pk))
    return User.objects.present().filter(anybody | met).exclude(withdrawn_from(user.pk)).exclude(pk=user.pk)


def join_group(*, user: User, room: str) -> Room:
    """`user` comes into an open group by themselves; who is inside already stays as they are.

    Raises `NotFound` for what isn't an open group, and `RemovedBefore`.
    """
    with transaction.atomic():
        found = lock_rooms(Q(public_id=room, kind=Room.Kind.GROUP, is_open=True))
        if not found:
            raise NotFound
        enter(found[0], user)
    return found[0]


def enter(room: Room, user: User) -> bool:
    """Lets `user` into a locked group by their own choice. False if they were inside. Raises `RemovedBefore`."""
    before = Membership.objects.filter(room=room, user=user).first()
    if before and before.is_inside:
        return False
    if before and before.state == State.REMOVED:
        raise RemovedBefore
    _let_in(room, [user])
    with room_change(user_id=user.pk, room=room.public_id) as change:
        _recount(change.room)
        change.notify(Q(pk=change.place.pk))
        change.happened("joined", member_count=change.room.member_count)
        _company_changes([user.pk])
    log.info("joined room=%s user=%s", room.pk, user.pk)
    return True


def add_members(*, user: User, room: str, people: Iterable[User]) -> None:
    """Puts these people into the group, at most `AT_ONCE`; who is inside already stays as they are.

    Raises `NotAllowed`, `NotFound`, and `CantAdd` for whom `user` may not add. Why isn't told: a block looks like
    somebody who doesn't want to be written to. Who was removed is brought back only by who keeps order.
    """
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.INVITE)
        add_to(change, list(people))


def add_to(change: RoomChange, people: list[User]) -> None:
    """The part of `add_members` that founding a group shares."""
    if len(people) > AT_ONCE:
        raise CantAdd(f"Please add at most {AT_ONCE} people at once.")
    known = dict(Membership.objects.filter(room=change.room, user__in=people).values_list("user_id", "state"))
    new = [person for person in people if known.get(person.pk) not in Membership.INSIDE]
    if not new:
        return
    _refuse_unwilling(change.place, new, known)
    _let_in(change.room, new)
    _recount(change.room)
    change.notify(Q(room=change.room, user__in=new))
    change.happened("added", people=[one.public_id for one in new], member_count=change.room.member_count)
    _company_changes([one.pk for one in new])
    log.info("added room=%s by=%s count=%s", change.room.pk, change.place.user_id, len(new))


def _refuse_unwilling(by: Membership, people: list[User], known: dict[int, str]) -> None:
    willing = set(addable_by(by.user).filter(pk__in=[one.pk for one in people]).values_list("pk", flat=True))
    if not by.moderates:
        willing -= {pk for pk, state in known.items() if state == State.REMOVED}
    for person in people:
        if person.pk not in willing:
            raise CantAdd(f"{person.name} can’t be added to this room.")
    met = User.objects.filter(pk__in=willing).filter(keeps_company_with(by.user_id)).values_list("pk", flat=True)
    free = set(met) - {pk for pk, state in known.items() if state == State.LEFT}
    # Strangers count as rooms opened with them would, and so does who went: or they'd be put back without end.
    for _ in range(len(people) - len(free)):
        limits.openings.check(by.user_id)


def _let_in(room: Room, people: list[User]) -> None:
    """Makes members of people who aren't inside; whoever was before begins anew. The room is locked."""
    last = room.last_rev
    columns = {
        "state": State.MEMBER,
        "role": Role.MEMBER,
        "posting": Membership.Posting.READING if room.is_announcement else Membership.Posting.FREE,
        # From the line on that says they came.
        "visible_from_seq": 0 if room.shows_history else last + 1,
        "recv_seq": last,
        "read_seq": last,
        "shown_read_seq": last,
        "unread_from_seq": None,
        "archived_seq": None,
        "joined_at": timezone.now(),
    }
    Membership.objects.bulk_create(
        [Membership(room=room, user=person, **columns) for person in people],
        update_conflicts=True,
        unique_fields=["room", "user"],
        update_fields=list(columns),
    )


def _company_changes(user_ids: list[int]) -> None:
    """Who takes messages from company only may take others from now on: told once this is committed."""
    for user_id in user_ids:
        transaction.on_commit(partial(renew_company_of, user_id), robust=True)


def _recount(room: Room) -> None:
    room.member_count = Membership.objects.accepted().filter(room=room).count()
    room.save(update_fields=["member_count"])


# --- Going ------------------------------------------------------------------------------------------------------------


def remove_member(*, user: User, room: str, person: str) -> None:
    """Shows the person with this public id out. They hear that, and nothing after it.

    Raises `NotAllowed` (see `rights.outranks`; nobody removes themselves) and `NotFound`.
    """
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.REMOVE)
        gone = _member(change, person)
        if not outranks(change.place, gone):
            raise NotAllowed
        _let_go(change, gone, State.REMOVED)
        change.happened("removed", people=[person], member_count=change.room.member_count)
    log.info("removed room=%s by=%s user=%s", change.room.pk, user.pk, gone.user_id)


def leave_group(*, user: User, room: str) -> None:
    """`user` goes. With the last one the room closes: nobody can join it any more.

    Raises `LastOwner` for who would leave others without an owner.
    """
    with room_change(user_id=user.pk, room=room) as change:
        if change.room.kind != Room.Kind.GROUP:
            raise NotAllowed
        others = Membership.objects.accepted().filter(room=change.room).exclude(pk=change.place.pk)
        if change.place.role == Role.OWNER and others.exists() and not others.filter(role=Role.OWNER).exists():
            raise LastOwner
        _let_go(change, change.place, State.LEFT)
        if change.room.member_count == 0:
            _close(change.room)
        change.happened("left", member_count=change.room.member_count)
    log.info("left room=%s user=%s", change.room.pk, user.pk)


def _let_go(change: RoomChange, place: Membership, state: str) -> None:
    place.state, place.role = state, Role.MEMBER
    place.pinned_at = place.draft = None
    place.save(update_fields=["state", "role", "pinned_at", "draft"])
    _recount(change.room)
    change.notify(Q(pk=place.pk))
    _company_changes([place.user_id])


def _close(room: Room) -> None:
    room.is_open = False
    room.save(update_fields=["is_open"])
    Invite.objects.filter(room=room).delete()


def _member(change: RoomChange, person: str) -> Membership:
    """The person's place in the room. Raises `NotFound` for who isn't inside."""
    inside = Membership.objects.accepted().filter(room=change.room, user__public_id=person).select_related("user")
    found = inside.first()
    if found is None:
        raise NotFound("This person isn’t in the room.")
    return found


# --- Who is what ------------------------------------------------------------------------------------------------------


def set_role(*, user: User, room: str, person: str, role: str) -> None:
    """An owner says what the person with this public id is from now on.

    Raises `NotAllowed`, `NotFound`, and `LastOwner`: a group always has an owner.
    """
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.ROLES)
        place = _member(change, person)
        if place.role == role:
            return
        owners = Membership.objects.accepted().filter(room=change.room, role=Role.OWNER).exclude(pk=place.pk)
        if place.role == Role.OWNER and not owners.exists():
            raise LastOwner
        _give(change, place, role)
        renew_posting(change.room)
    log.info("role room=%s by=%s user=%s role=%s", change.room.pk, user.pk, place.user_id, role)


def hand_over(*, user: User, room: str, person: str) -> None:
    """An owner makes the person with this public id the owner and stays as moderator.

    Raises `NotAllowed` (also for oneself) and `NotFound`.
    """
    with room_change(user_id=user.pk, room=room) as change:
        check(change.place, Right.ROLES)
        heir = _member(change, person)
        if heir.user_id == user.pk:
            raise NotAllowed
        _give(change, heir, Role.OWNER)
        _give(change, change.place, Role.MODERATOR)
        renew_posting(change.room)
    log.info("handed over room=%s by=%s to=%s", change.room.pk, user.pk, heir.user_id)


def _give(change: RoomChange, place: Membership, role: str) -> None:
    place.role = role
    place.save(update_fields=["role"])
    change.notify(Q(pk=place.pk))
    change.happened("role", people=[place.user.public_id], role=role)
