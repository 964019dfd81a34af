"""Files that people send. The file itself lies in the storage under a name that tells nothing."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User, new_public_id
from chat.models.messages import HiddenMessage
from chat.models.rooms import Membership, Room

UNSENT_LIFE = timedelta(days=1)  # how long an upload waits for its message


class AttachmentQuerySet(models.QuerySet):
    """Questions about files. What a person fetches starts at `visible_to`."""

    def visible_to(self, user: User) -> "AttachmentQuerySet":
        """What `user` may fetch now: files of messages they may see, and their own that wait for their message."""
        return self.filter(Q(pk__in=self.sent_to(user).values("pk")) | Q(pk__in=self.unsent_by(user.pk).values("pk")))

    def sent_to(self, user: User) -> "AttachmentQuerySet":
        """Files of the messages that `user` may see now.

        Whom the other one of a room takes no messages from (a block, a closed room) doesn't get their files either.
        """
        places = Membership.objects.of(user)
        open_places = places.exclude(posting=Membership.Posting.REFUSED, room__kind=Room.Kind.DIRECT)
        hidden = HiddenMessage.objects.filter(user=user).values("message")
        return (
            # In one filter: two would join two memberships, and somebody else's could let them in.
            self.filter(room__memberships__user=user, message__seq__gte=F("room__memberships__visible_from_seq"))
            .filter(Q(room__in=open_places.values("room")) | Q(room__in=places.values("room"), uploader=user))
            .filter(message__removed_at=None)
            .exclude(message__in=hidden)
        )

    def unsent_by(self, user_id: int) -> "AttachmentQuerySet":
        """What this person uploaded lately and hasn't sent yet."""
        return self.filter(uploader=user_id, message=None, created_at__gt=timezone.now() - UNSENT_LIFE)

    def orphaned(self) -> "AttachmentQuerySet":
        """What nobody can send or see any more."""
        return self.filter(message=None, created_at__lte=timezone.now() - UNSENT_LIFE)


class Attachment(models.Model):
    """A file: uploaded into a room by one person, and later part of a message of theirs."""

    class Kind(models.TextChoices):
        IMAGE = "image", "Picture"
        VOICE = "voice", "Voice note"
        FILE = "file", "File"

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="+")
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # NULL: uploaded and not sent yet; swept after a day.
    message = models.ForeignKey("chat.Message", on_delete=models.CASCADE, null=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)  # within the message
    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=160)  # as its sender called it, made harmless
    mime = models.CharField(max_length=80)  # what it is, by its content
    size = models.PositiveBigIntegerField()  # bytes, as stored
    file = models.FileField(upload_to="attachments/")
    thumbnail = models.FileField(upload_to="attachments/", blank=True)
    width = models.PositiveIntegerField(null=True)  # pixels, of pictures
    height = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)  # of voice notes
    waveform = models.JSONField(null=True)  # of voice notes: up to 64 loudnesses, 0 to 100
    alt = models.CharField(max_length=300, blank=True)  # what a picture shows, in its sender's words
    created_at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(message=None), name="attachment_orphans"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
