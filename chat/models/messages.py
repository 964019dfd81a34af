"""Messages: a place in the room (`seq`), a last change (`rev`) and what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
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
        if not membership.is_inside:
            return self.none()
        hidden = HiddenMessage.objects.filter(message=OuterRef("pk"), user=membership.user_id)
        return self.filter(~Exists(hidden), room_id=membership.room_id, seq__gte=membership.visible_from_seq)

    def still_said(self) -> MessageQuerySet:
        """What people said and nobody took back: no events, nothing removed."""
        return self.filter(kind=Message.Kind.TEXT, removed_at=None)

    def before(self, seq: int) -> MessageQuerySet:
        """Older places, newest first."""
        return self.filter(seq__lt=seq).order_by("-seq")

    def onward(self, seq: int) -> MessageQuerySet:
        """This place and newer ones, oldest first."""
        return self.filter(seq__gte=seq).order_by("seq")

    def pinned(self) -> MessageQuerySet:
        """Those that are pinned, the newest pin first."""
        return self.filter(pinned_at__isnull=False).order_by("-pinned_at", "-seq")

    def newest(self) -> MessageQuerySet:
        """Newest place first."""
        return self.order_by("-seq")

    def since(self, rev: int, upto: int) -> MessageQuerySet:
        """What changed after `rev`, up to and with `upto`, in the order it changed."""
        return self.filter(rev__gt=rev, rev__lte=upto).order_by("rev")


class Message(models.Model):
    """Something a person said in a room, or something that happened there."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        EVENT = "event", "Event"  # joined, renamed, pinned: a quiet line; what happened is in `event`

    # No index of its own: the constraints below begin with it.
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.BigIntegerField(editable=False)
    rev = models.BigIntegerField(editable=False)
    # Who said or did it; NULL: the system itself.
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    client_id = models.UUIDField(editable=False)
    # The two kinds are told apart in the write path's function, whose INSERT leaves out what has a database default.
    kind = models.CharField(max_length=5, choices=Kind, db_default=Kind.TEXT, default=Kind.TEXT, editable=False)
    event = models.JSONField(null=True, editable=False)  # {"what": "renamed", ...}: static/js/happenings.js
    body = models.TextField(blank=True)
    html = models.TextField(db_default="", default="", blank=True, editable=False)  # only where there is markup
    reply_to = models.BigIntegerField(null=True, editable=False)  # the place in this room that it answers
    forwarded = models.BooleanField(db_default=False, default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)  # a tombstone: text, history and files are gone
    # Without a constraint in the database, which would be checked for every message that is sent.
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    pinned_at = models.DateTimeField(null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="message_place"),
            models.UniqueConstraint(fields=["room", "rev"], name="message_change"),
            # client_id first: posts look repeats up by it alone, which is twice as fast as by the pair.
            models.UniqueConstraint(fields=["client_id", "sender"], name="message_once"),
            models.CheckConstraint(condition=Q(seq__gt=0, rev__gte=models.F("seq")), name="message_rev_after_seq"),
            models.CheckConstraint(
                condition=Q(kind="text", event=None) | Q(kind="event", event__isnull=False),
                name="message_event_iff_event",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "-pinned_at"], condition=Q(pinned_at__isnull=False), name="message_pinned"),
            # What the search index must be told again. Few rows have either, so sending pays nothing for them.
            models.Index(fields=["edited_at"], condition=Q(edited_at__isnull=False), name="message_edited"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="message_removed"),
        ]

    def __str__(self) -> str:
        return f"message {self.seq} in room {self.room_id}"


class MessageEdit(models.Model):
    """What a message said before it was edited. Goes when the message is removed."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="edits")
    body = models.TextField()
    written_at = models.DateTimeField()  # when this version was written

    def __str__(self) -> str:
        return f"earlier version of {self.message}"


class Reaction(models.Model):
    """One person's emoji on a message: at most one, a second replaces the first."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.emoji} on {self.message}"


class Mention(models.Model):
    """Somebody named in a message. What `@everyone` names isn't listed one by one: `user` is NULL then."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"mention in {self.message}"


class Star(models.Model):
    """A message one wants to find again. Nobody else knows."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="star_once")]

    def __str__(self) -> str:
        return f"star on {self.message}"


class HiddenMessage(models.Model):
    """A message one doesn't want to see any more ("remove for me")."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="hidden_once")]

    def __str__(self) -> str:
        return f"{self.message} hidden"
