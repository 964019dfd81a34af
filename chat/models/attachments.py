"""Files that people send. The file itself lies in the storage under a name that tells nothing."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import new_public_id


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

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(message=None), name="attachment_orphans"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
