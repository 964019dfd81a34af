"""Telling members how their place in a room stands."""

from django.db import transaction
from django.db.models import Q

from chat import events
from chat.models import Membership
from chat.rooms.presenters import load_memberships, membership


def announce_memberships(which: Q) -> None:
    """Tells each of these members, once committed, how their place in a room stands now."""

    def announce() -> None:
        changed = list(load_memberships(Membership.objects.filter(which)))
        events.memberships_changed([(place, membership(place)) for place in changed])

    transaction.on_commit(announce, robust=True)
