"""Telling members how their place in a room stands."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from chat import events
from chat.models import Membership
from chat.rooms.presenters import load_memberships, membership


def announce_memberships(which: Q, **news: Any) -> None:
    """Tells each of these members, once committed, how their place in a room stands now; and what else is news there:
    `hidden` places, `starred` ones.
    """

    def announce() -> None:
        changed = list(load_memberships(Membership.objects.filter(which)))
        events.memberships_changed([(place, membership(place) | news) for place in changed])

    transaction.on_commit(announce, robust=True)
