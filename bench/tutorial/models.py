"""What is kept."""

from django.conf import settings
from django.db import models


class Message(models.Model):
    """One thing said in a room."""

    room = models.CharField(max_length=100)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"message {self.pk} in {self.room}"
