"""What a search finds, and where its next page begins."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chat.models import Membership, Message
from chat.search.words import Snippet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)

Key = tuple[datetime, int]  # when it was said, and the message's number: the order of what is found


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after a message in the order of what is found: to go on there, whatever is said meanwhile."""

    said_at: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """What `str(cursor)` wrote, or None when that isn't what `text` is."""
        ticks, _, pk = text.partition(".")
        if not all(part.isascii() and part.isdecimal() and len(part) < 18 for part in (ticks, pk)):
            return None
        return cls(EPOCH + int(ticks) * TICK, int(pk))

    def __str__(self) -> str:
        return f"{(self.said_at - EPOCH) // TICK}.{self.pk}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, and what to show of it."""

    message: Message
    place: Membership  # the searcher's, with `room` and `others`
    text: Snippet
    files: list[Snippet]  # names of its files


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, newest first, and where the next one begins."""

    hits: list[Hit]
    next: Cursor | None = None
