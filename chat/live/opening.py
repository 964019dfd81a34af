"""What a socket reads from the database when it opens and when it catches up."""

from collections import defaultdict

from django.conf import settings
from django.db.models import Q

from accounts.models import Block, User
from chat import events
from chat.errors import NotFound
from chat.live import presence
from chat.live.frames import VERSION, Frame, encode
from chat.messages.presenters import catch_up
from chat.models import Membership
from chat.people.presenters import person
from chat.rooms.presenters import load_memberships, membership, receipts

LIVE = settings.LIVE
READY = 200  # memberships that come with `ready`, newest first
GREETINGS = 32  # in one batch
CHUNK = 500  # memberships in one query

Place = tuple[int, str, int, int]  # room id, public id, last_rev, first visible place
PLACE = ("room_id", "room__public_id", "room__last_rev", "visible_from_seq")


def greet(users: list[User]) -> list[tuple[list[Place], Frame, frozenset[str]]]:
    """For each of them every room to listen to, their `ready` with the newest of them, and whom they blocked.

    In a few queries for all.
    """
    blocks = blocks_of({user.pk for user in users})
    places: defaultdict[int, list[tuple[int, Place]]] = defaultdict(list)
    found = Membership.objects.active().filter(user__in=users).newest_first()
    for pk, user_id, *place in found.values_list("pk", "user_id", *PLACE):
        places[user_id].append((pk, tuple(place)))
    loaded = _loaded([pk for mine in places.values() for pk, _ in mine[:READY]])
    answers = []
    for user in users:
        mine = places[user.pk]
        shown = [membership(loaded[pk], whole=False) for pk, _ in mine[:READY] if pk in loaded]
        answers.append(([place for _, place in mine], ready(user, shown), blocks[user.pk]))
    return answers


def blocks_of(user_ids: set[int]) -> dict[int, frozenset[str]]:
    """Whom each of these people blocked, by public id."""
    blocked: dict[int, set[str]] = {user_id: set() for user_id in user_ids}
    found = Block.objects.filter(blocker__in=user_ids).values_list("blocker_id", "blocked__public_id")
    for user_id, public_id in found:
        blocked[user_id].add(public_id)
    return {user_id: frozenset(people) for user_id, people in blocked.items()}


def _loaded(pks: list[int]) -> dict[int, Membership]:
    """These memberships, a chunk at a time: databases parse no list of any length."""
    chunks = (pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK))
    return {place.pk: place for chunk in chunks for place in load_memberships(Membership.objects.filter(pk__in=chunk))}


def ready(user: User, memberships: list[Frame]) -> Frame:
    """The answer to the first `hello`."""
    return {"type": "ready", "v": VERSION, "user": person(user), "memberships": memberships, "held": []}


def arrive(came: list[tuple[int, str, str]]) -> list[None]:
    """People (id, connection, public id) whose sockets opened: who was away comes, on the screens that show them."""
    away = presence.store().touch([(user_id, connection) for user_id, connection, _ in came], LIVE["PRESENCE_LIFE"])
    for user_id, public_id in {(user_id, public_id) for user_id, _, public_id in came if user_id in away}:
        events.presence_changed(user_id=user_id, user=public_id, online=True)
    return [None] * len(came)


def depart(went: list[tuple[int, str]]) -> list[None]:
    """People (id, connection) whose sockets closed: they go in a moment, unless they are back by then."""
    for user_id, connection in went:
        presence.store().expire(user_id, connection, LIVE["PRESENCE_GRACE"])
    return [None] * len(went)


def places_told(which: Q) -> list[tuple[int, bytes]]:
    """`membership.changed` for each of these members who is in the room, by user id."""
    places = load_memberships(Membership.objects.active().filter(which))
    return [(place.user_id, encode(events.membership_item(place, membership(place))["frame"])) for place in places]


def missed(user_id: int, public_id: str, since: int) -> Frame:
    """What this person missed in a room after `since`. Raises `NotFound` for a room they're not in."""
    mine = Membership.objects.active().filter(user=user_id, room__public_id=public_id)
    place = mine.select_related("room", "user").first()
    if place is None:
        raise NotFound
    return {**catch_up(place, since), "receipts": receipts(place)}
