"""What people do with rooms: open one, and get further in reading it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.models import Membership, Room
from chat.rooms.announce import announce_memberships
from chat.rooms.posting import renew_posting


def open_direct_room(*, opener: User, other: User) -> Room:
    """The one room of `opener` and `other`, made on first use; with oneself it is "notes to self".

    For two who want to talk: nobody is asked. A person comes in by `chat.people.requests.room_with`, which asks.
    Two people who open it at the same instant get the same room: the pair's key is unique in the database.
    """
    with transaction.atomic():
        room = direct_room(opener, other)
        if not room.memberships.exists():
            join_pair(room, opener, other)
    return room


def direct_room(one: User, other: User) -> Room:
    """The room of these two, locked; made on first use, with nobody in it yet. Blocks lock it too, even before."""
    key = Room.pair_key_of(one, other)
    room, _ = Room.objects.get_or_create(pair_key=key, defaults={"kind": Room.Kind.DIRECT})
    return Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)


def join_pair(room: Room, opener: User, other: User, *, asked: bool = False) -> None:
    """Lets the two into their locked room; `asked`: the other one has to accept first."""
    states = {opener.pk: Membership.State.MEMBER}
    states.setdefault(other.pk, Membership.State.REQUEST if asked else Membership.State.MEMBER)
    places = [Membership(room=room, user_id=pk, state=state, version=1) for pk, state in states.items()]
    Membership.objects.bulk_create(places)
    renew_posting(room)
    announce_memberships(Q(room=room))


CHUNK = 200  # reports in one transaction


@dataclass(slots=True)
class Progress:
    """How far one person got in one room, as reported by their devices: highest places, 0 for none."""

    user_id: int
    room_id: int
    received: int = 0
    read: int = 0

    def merge(self, received: int, read: int) -> None:
        """Takes the further of both; having read means having received."""
        self.read = max(self.read, read)
        self.received = max(self.received, received, self.read)


def record_progress(reports: list[Progress]) -> None:
    """Writes reported pointers in one transaction and announces those that moved. At most `CHUNK` reports.

    Pointers only grow and never pass the room's last place, so a report may come twice, late, or invented.
    """
    wanted = {(report.room_id, report.user_id): report for report in reports}
    with transaction.atomic():
        places = _places(wanted)
        read_before = {place.pk: place.read_seq for place in places}
        shown_before = {place.pk: _shown(place) for place in places}
        moved = [place for place in places if _advance(place, wanted[place.room_id, place.user_id])]
        if moved:
            _write(moved)
            announce_progress([place for place in moved if _shown(place) != shown_before[place.pk]])
            announce_memberships(Q(pk__in=[place.pk for place in moved if place.read_seq > read_before[place.pk]]))


def announce_progress(places: list[Membership]) -> None:
    """Tells the other one of each direct room, once committed, how far these got. Who gives no receipts hears none.

    In a group nobody is told: there it is asked for.
    """
    rooms = {place.room_id for place in places if place.room.kind != Room.Kind.GROUP}
    willing: dict[int, set[int]] = {}
    givers = Membership.objects.filter(room__in=rooms, user__gives_receipts=True)
    for room_id, user_id in givers.values_list("room_id", "user_id"):
        willing.setdefault(room_id, set()).add(user_id)
    told = [place for place in places if willing.get(place.room_id, set()) - {place.user_id}]
    transaction.on_commit(lambda: events.progress_recorded(told), robust=True)


def _places(wanted: dict[tuple[int, int], Progress]) -> list[Membership]:
    """The reporters' memberships, locked in the order of their keys: two processes that write the same never deadlock.

    Chosen as pairs under the lock's query: a condition for each pair would outgrow what databases parse.
    """
    near = Membership.objects.active().filter(
        room__in={room_id for room_id, _ in wanted}, user__in={user_id for _, user_id in wanted}
    )
    chosen = [pk for pk, *pair in near.values_list("pk", "room_id", "user_id") if tuple(pair) in wanted]
    places = Membership.objects.filter(pk__in=chosen).select_related("room", "user").order_by("pk")
    return list(places.select_for_update(of=("self",)))


def _advance(place: Membership, report: Progress) -> bool:
    """Moves `place`'s pointers forward; says whether any moved. What others are told stands still while they aren't."""
    before = place.read_seq, *_shown(place)
    last = place.room.last_rev
    place.read_seq = max(place.read_seq, min(report.read, last))
    if place.shows_progress:
        place.shown_read_seq = max(place.shown_read_seq, place.read_seq)
        if place.room.kind != Room.Kind.GROUP:  # what every device of a big group has is nobody's question
            place.recv_seq = max(place.recv_seq, min(report.received, last))
    place.version += 1
    return (place.read_seq, *_shown(place)) != before


def _shown(place: Membership) -> tuple[int, int]:
    return place.recv_seq, place.shown_read_seq


def _write(places: list[Membership]) -> None:
    def column(name: str) -> Greatest:
        return Greatest(F(name), Case(*(When(pk=place.pk, then=Value(getattr(place, name))) for place in places)))

    Membership.objects.filter(pk__in=[place.pk for place in places]).update(
        recv_seq=column("recv_seq"),
        read_seq=column("read_seq"),
        shown_read_seq=column("shown_read_seq"),
        version=F("version") + 1,
        changed_at=timezone.now(),
    )
