"""What follows elsewhere when a person chooses anew what others may do and see."""

from django.db.models import Q

from accounts.models import User
from chat import events
from chat.models import Room
from chat.rooms.announce import announce_memberships
from chat.rooms.posting import renew_rooms_of


def on_choices_changed(*, user: User, changed: frozenset[str], **signal: object) -> None:
    """Hears `accounts.signals.choices_changed`."""
    if "write_audience" in changed:
        renew_rooms_of(user.pk)
    if "presence_audience" in changed and user.presence_audience == User.PresenceAudience.NOBODY:
        events.presence_withheld(user)
    if "gives_receipts" in changed:  # who gives none sees none: their own ticks change
        announce_memberships(Q(user=user, room__kind=Room.Kind.DIRECT))
