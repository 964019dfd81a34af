"""What somebody wants to say, and what became of it: the terms between `post_messages` and its two stores."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chat.errors import ChatError


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to say."""

    sender_id: int
    room: str  # public id
    client_id: UUID
    body: str
    html: str = ""  # what the body looks like, if it has markup
    reply_to: int | None = None  # the place it answers
    attachments: tuple[str, ...] = ()  # public ids of files uploaded before
    mentions: tuple[int | None, ...] = ()  # people by id; None: everybody
    forwarded: bool = False
    is_prepared: bool = False  # its text is clean, and what its markup means is known
    epoch: int | None = None  # the sender's access_epoch when their socket opened; None: not asked
    origin: str | None = None  # the connection that hears `ack` in the room's stream
    created_at: datetime | None = None  # imports only


class Stored(NamedTuple):
    """Where a draft is kept, by this attempt or by an earlier one (`repeated`)."""

    room_id: int
    seq: int
    rev: int
    sender: str  # public id
    created_at: datetime
    repeated: bool = False


Verdict = Stored | ChatError
