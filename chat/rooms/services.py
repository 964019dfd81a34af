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


def open_direct_room(*, opener: User, other: User) -> Room:
    """The one room of `opener` and `other`, made on first use; with oneself it is "notes to self".

    Two people who open it at the same instant get the same room: the pair's key is unique in the database.
    """
    with transaction.atomic():
        room, made = Room.objects.get_or_create(
            pair_key=Room.pair_key_of(opener, other), defaults={"kind": Room.Kind.DIRECT}
        )
        if made:
            people = {opener.pk: opener, other.pk: other}.values()
            Membership.objects.bulk_create(Membership(room=room, user=person, version=1) for person in people)
            announce_memberships(Q(room=room))
    return room


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
        moved = [place for place in places if _advance(place, wanted[place.room_id, place.user_id])]
        if moved:
            _write(moved)
            transaction.on_commit(lambda: events.progress_recorded(moved), robust=True)
            announce_memberships(Q(pk__in=[place.pk for place in moved if place.read_seq > read_before[place.pk]]))


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
    """Moves `place`'s pointers forward; says whether any moved."""
    before = place.recv_seq, place.read_seq
    last = place.room.last_rev
    place.recv_seq = max(place.recv_seq, min(report.received, last))
    place.read_seq = max(place.read_seq, min(report.read, last))
    place.shown_read_seq = max(place.shown_read_seq, place.read_seq)
    place.version += 1
    return (place.recv_seq, place.read_seq) != before


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
