"""What is searched: a copy of the words, in a table of its own, so that sending never waits for an index."""

from functools import cache

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone

GRAM = 3  # letters that an entry of SQLite's index has
FULL_TEXT = "chat_messagesearch_fts"  # SQLite's index, where its build has one: made by the migration


class MessageSearchQuerySet(models.QuerySet):
    """Questions about words."""

    def matching(self, terms: tuple[str, ...]) -> "MessageSearchQuerySet":
        """Messages that have all of these folded terms, wherever in a word they stand.

        `LIKE '%term%'`: through a trigram index on Postgres, which finds it by its letters. SQLite needs to be asked
        for its index by name.
        """
        found = self
        long = [term for term in terms if len(term) >= GRAM]
        if long and connection.vendor == "sqlite" and has_full_text(str(connection.settings_dict["NAME"])):
            phrases = " AND ".join('"{}"'.format(term.replace('"', '""')) for term in long)
            rows = RawSQL(f"SELECT rowid FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH %s", [phrases])  # noqa: S608, S611
            found = found.filter(pk__in=rows)
        for term in terms:
            found = found.filter(words__contains=term)
        return found


@cache
def has_full_text(_database: str) -> bool:
    """Whether this SQLite database has an index of its words."""
    return FULL_TEXT in connection.introspection.table_names()


class MessageSearch(models.Model):
    """One message's words, folded (see chat/search/words.py). Written by a job, deleted with a removal at once."""

    message = models.OneToOneField("chat.Message", on_delete=models.CASCADE, primary_key=True, related_name="+")
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="+", db_index=False)
    said_at = models.DateTimeField()  # the message's own: what is found comes newest first
    words = models.TextField()

    objects = MessageSearchQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["room", "said_at", "message"], name="search_by_room")]

    def __str__(self) -> str:
        return f"words of message {self.message_id}"


class SearchProgress(models.Model):
    """How far the index is: one row, which the job that writes locks.

    A message's number is drawn before it is committed, so a lower one may appear after a higher one. What is newer
    than a minute is therefore looked at again and again, and only what is older is done with.
    """

    done = models.BigIntegerField(default=0)  # every message up to this number is in the index, if it has words
    settled = models.BigIntegerField(default=0)  # no message up to this number will still appear
    newest = models.BigIntegerField(default=0)  # the highest number there was...
    looked_at = models.DateTimeField(default=timezone.now)  # ...at this moment
    changes_at = models.DateTimeField(default=timezone.now)  # edits and removals up to this moment are in the index

    def __str__(self) -> str:
        return f"search index up to message {self.done}"
