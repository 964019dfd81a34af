"""What a socket reads from the database when it opens and when it catches up."""

from accounts.models import User
from chat.errors import NotFound
from chat.live.frames import VERSION, Frame
from chat.messages.presenters import catch_up
from chat.models import Membership
from chat.people.presenters import person
from chat.rooms.presenters import load_memberships, membership, receipts

READY = 200  # memberships that come with `ready`, newest first

Place = tuple[int, str, int, int]  # room id, public id, last_rev, first visible place


def greet(user_id: int) -> tuple[list[Place], Frame]:
    """Every room of this person to listen to, and their `ready` with the newest of them."""
    user = User.objects.get(pk=user_id)
    mine = Membership.objects.of(user)
    places = mine.values_list("room_id", "room__public_id", "room__last_rev", "visible_from_seq")
    newest = load_memberships(mine.newest_first()[:READY])
    ready = {
        "type": "ready",
        "v": VERSION,
        "user": person(user),
        "memberships": [membership(place) for place in newest],
        "held": [],
    }
    return list(places), ready


def missed(user_id: int, public_id: str, since: int) -> Frame:
    """What this person missed in a room after `since`. Raises `NotFound` for a room they're not in."""
    mine = Membership.objects.active().filter(user=user_id, room__public_id=public_id)
    place = mine.select_related("room").first()
    if place is None:
        raise NotFound
    return {**catch_up(place, since), "receipts": receipts(place)}
