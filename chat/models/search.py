"""What is searched: a copy of the words, in a table of its own, so that sending never waits for an index."""

from django.db import models


class MessageSearch(models.Model):
    """One message's words, folded (see chat/search/words.py). Written by a job, deleted with a removal at once."""

    message = models.OneToOneField("chat.Message", on_delete=models.CASCADE, primary_key=True, related_name="+")
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="+", db_index=False)
    words = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["room", "message"], name="search_by_room")]

    def __str__(self) -> str:
        return f"words of message {self.message_id}"
