"""Coming to talk: the door to a one-to-one room, and what the one asked can answer.

Between strangers the room begins as a request: whoever is asked gives nothing away until they accept, and three
messages are all that reaches them.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Block, User
from chat import events
from chat.errors import NotAccepting, NotFound, SlowDown, YouBlocked
from chat.live import limits
from chat.models import Membership, Message, Room
from chat.models.rooms import MembershipQuerySet
from chat.people.reach import takes_from
from chat.rooms.announce import announce_memberships
from chat.rooms.changes import advance, lock_rooms
from chat.rooms.posting import renew_posting
from chat.rooms.services import announce_progress, direct_room, join_pair

log = logging.getLogger(__name__)

DECLINED_FOR = timedelta(days=30)  # after which the same person may ask once more
NEWCOMER = timedelta(days=1)
ROOMS_LOOKED_AT = 10  # for whether two people have talked: the newest they share,
MESSAGES_LOOKED_AT = 500  # and so much of each
State = Membership.State


# --- The door ---------------------------------------------------------------------------------------------------------


def room_with(person: User, *, opener: User) -> Room:
    """The room of the two, opened if need be; as a request, if they are strangers. With oneself it is "notes to self".

    Raises `NotAccepting` for whom `person` takes nothing from, `YouBlocked`, and `SlowDown` for who opens rooms with
    one stranger after another.
    """
    with transaction.atomic():
        room = direct_room(opener, person)
        places = {place.user_id: place for place in room.memberships.filter(user__in=room.pair)}
        if not places:
            _open(room, opener, person)
        elif not places[opener.pk].is_inside:
            _come_back(room, places[opener.pk])
        elif _may_ask_again(places.get(person.pk)):
            _ask_again(room, opener, person, places[person.pk])
    return room


def _open(room: Room, opener: User, person: User) -> None:
    limits.openings.check(opener.pk)
    is_request = opener != person and _is_request(opener, person)
    join_pair(room, opener, person, asked=is_request)
    if is_request:
        transaction.on_commit(lambda: events.presence_hidden(person), robust=True)
    log.info("room opened room=%s by=%s request=%s", room.pk, opener.pk, is_request)


def _is_request(opener: User, person: User) -> bool:
    """Whether `opener` has to ask. Raises `NotAccepting`, `YouBlocked` or `SlowDown` for who may not even do that."""
    if Block.objects.filter(blocker=opener, blocked=person).exists():
        raise YouBlocked
    if not takes_from(person, opener.pk):
        raise NotAccepting
    if have_talked(opener, person):
        return False
    _count_requests(opener)
    return True


def have_talked(one: User, other: User) -> bool:
    """Whether both have written in one of the rooms that they share lately."""
    mine, theirs = (Membership.objects.accepted().filter(user=user).values("room") for user in (one, other))
    shared = Room.objects.filter(kind=Room.Kind.GROUP, pk__in=mine).filter(pk__in=theirs)
    for room_id in shared.order_by("-last_message_at").values_list("pk", flat=True)[:ROOMS_LOOKED_AT]:
        said = Message.objects.filter(room=room_id, kind=Message.Kind.TEXT).newest()
        if {one.pk, other.pk} <= set(said.values_list("sender_id", flat=True)[:MESSAGES_LOOKED_AT]):
            return True
    return False


def _count_requests(opener: User) -> None:
    """Raises `SlowDown` for who has asked too many people today who haven't accepted. Declined ones count too: else
    a request that is free again would tell that it was declined.
    """
    User.objects.select_for_update(no_key=True).get(pk=opener.pk)  # one after the other
    day = timezone.now() - timedelta(days=1)
    mine = Membership.objects.of(opener).filter(room__kind=Room.Kind.DIRECT)
    asked = Membership.objects.filter(room__in=mine.values("room"), state__in=(State.REQUEST, State.DECLINED))
    is_new = timezone.now() - opener.date_joined < NEWCOMER
    most = settings.LIMITS["REQUESTS_OF_NEWCOMERS" if is_new else "REQUESTS_PER_DAY"]
    if asked.exclude(user=opener).filter(joined_at__gt=day).count() >= most:
        raise SlowDown("You’ve written to many new people today. Please wait for their answers.", retry_after=3600)


def _come_back(room: Room, mine: Membership) -> None:
    """Who declined, or deleted the conversation, begins it anew: by their own choice, and without what was before."""
    mine.state, mine.declined_at, mine.visible_from_seq = State.MEMBER, None, room.last_rev + 1
    mine.recv_seq = mine.read_seq = mine.shown_read_seq = room.last_rev
    columns = ("recv_seq", "read_seq", "shown_read_seq")
    mine.save(update_fields=["state", "declined_at", "visible_from_seq", *columns])
    _changed(room, mine)


def _may_ask_again(theirs: Membership | None) -> bool:
    if theirs is None or theirs.state != State.DECLINED:
        return False
    return theirs.declined_at is None or theirs.declined_at < timezone.now() - DECLINED_FOR


def _ask_again(room: Room, opener: User, person: User, theirs: Membership) -> None:
    if not takes_from(person, opener.pk) or Block.objects.filter(blocker=opener, blocked=person).exists():
        return  # the room stays as it is, and says so
    _count_requests(opener)
    theirs.state, theirs.declined_at, theirs.joined_at = State.REQUEST, None, timezone.now()
    theirs.visible_from_seq = room.last_rev + 1
    theirs.save(update_fields=["state", "declined_at", "joined_at", "visible_from_seq"])
    _changed(room, theirs)


# --- What the one asked can answer ------------------------------------------------------------------------------------


def accept_request(*, user: User, room: str) -> None:
    """Takes the conversation on: both may write, and each sees what the other shows. Raises `NotFound`."""
    with transaction.atomic():
        mine = _asked(user, room)
        if mine.state == State.MEMBER:
            return
        mine.state = State.MEMBER
        if user.gives_receipts:
            mine.recv_seq = mine.shown_read_seq = mine.read_seq
        mine.save(update_fields=["state", "recv_seq", "shown_read_seq"])
        _changed(mine.room, mine)
        announce_progress([mine])
    log.info("request accepted room=%s user=%s", mine.room_id, user.pk)


def decline_request(*, user: User, room: str) -> None:
    """Deletes the request. Its sender is refused from now on, as if blocked, and may ask again in 30 days."""
    with transaction.atomic():
        mine = _asked(user, room)
        if mine.state != State.REQUEST:
            raise NotFound
        turn_away(mine)
    log.info("request declined room=%s user=%s", mine.room_id, user.pk)


def turn_away(mine: Membership) -> None:
    """Takes the request out of the inbox of the one asked. The room is locked."""
    mine.state, mine.declined_at = State.DECLINED, timezone.now()
    mine.save(update_fields=["state", "declined_at"])
    _changed(mine.room, mine)


def requests_of(user: User) -> MembershipQuerySet:
    """The places in which somebody wrote to `user` and waits, newest first; an opened room without a word isn't one."""
    asked = Membership.objects.of(user).filter(state=State.REQUEST)
    return asked.with_latest().filter(last_id__isnull=False).newest_first()


def _asked(user: User, public_id: str) -> Membership:
    """The place in a one-to-one room that this person was asked into, its room locked. Raises `NotFound`."""
    locked = lock_rooms(Q(public_id=public_id, kind=Room.Kind.DIRECT))
    mine = Membership.objects.of(user).filter(room__in=locked).first()
    if mine is None:
        raise NotFound
    mine.room, mine.user = locked[0], user
    return mine


def _changed(room: Room, place: Membership) -> None:
    advance(Membership.objects.filter(pk=place.pk))
    renew_posting(room)
    announce_memberships(Q(pk=place.pk))
