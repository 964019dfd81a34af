"""Who is named in a message: `@username` of somebody in the room, or `@everyone`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q
from django.utils.html import escape

from accounts.models import Block
from accounts.usernames import LONGEST, PUNCTUATION, normalize, username_key
from chat.messages.drafts import Draft
from chat.models import Membership, Room

EVERYONE = frozenset({"everyone", "all", "here"})
MOST = 20  # different names in one message
FEW = 10  # in a room of more, only those who keep order call everybody
# Where an "@" names nobody: code, an address of a page, a mail address.
QUOTED = re.compile(r"```.*?(?:```|\Z)|(`+)(?!`).+?(?<!`)\1(?!`)|\b\w+://\S+|\bwww\.\S+", re.DOTALL)
MARK = re.compile(r'<span class="mention" data-user="([A-Za-z0-9]+)">')
AT = re.compile(r"(?<![\w@./:-])@(?=[^\W_])")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whom a message names: people by their username without case, as (id, public id), and whether everybody."""

    people: dict[str, tuple[int, str]] = field(default_factory=dict)
    everyone: bool = False

    def __bool__(self) -> bool:
        return self.everyone or bool(self.people)

    @property
    def ids(self) -> tuple[int | None, ...]:
        """For `Draft.mentions`: people by id; None: everybody."""
        return (*(pk for pk, _ in self.people.values()), *((None,) if self.everyone else ()))

    @property
    def public_ids(self) -> list[str]:
        """For the wire's row: people by public id, and "everyone"."""
        return [*(public_id for _, public_id in self.people.values()), *(("everyone",) if self.everyone else ())]

    def named(self, name: str) -> str | None:
        """Whom `name` means here: a public id, "everyone", or None for nobody."""
        word = _key(name)
        if word in EVERYONE:
            return "everyone" if self.everyone else None
        return self.people[word][1] if word in self.people else None


NOBODY = Mentioned()


def mentions_of(draft: Draft) -> Mentioned:
    """Whom the draft names, of those in its room. One query, and none without an "@"; groups only.

    Whom the sender blocked isn't named; everybody only by whom `_may_call` lets. Who blocked the sender is: else the
    sender could see it. Nothing comes of it, because nothing of theirs is new to who blocked them.
    """
    names = set(names_in(draft.body))
    if not names:
        return NOBODY
    keys = {username_key(name) for name in sorted(names - EVERYONE)[:MOST]}
    here = Membership.objects.accepted().filter(room__public_id=draft.room, room__kind=Room.Kind.GROUP)
    wanted = here.filter(Q(user=draft.sender_id) | Q(user__username_key__in=keys) & ~Q(_blocks(draft.sender_id)))
    found = list(wanted.select_related("user", "room").only("role", "room__member_count", *PERSON))
    mine = next((place for place in found if place.user_id == draft.sender_id), None)
    people = {_key(place.user.username): (place.user_id, place.user.public_id) for place in found if place is not mine}
    everyone = bool(names & EVERYONE) and mine is not None and _may_call(mine)
    return Mentioned({name: who for name, who in people.items() if name in names}, everyone)


PERSON = ("user__username", "user__public_id")


def _may_call(place: Membership) -> bool:
    """Whether this member may call everybody."""
    return place.moderates or place.room.member_count <= FEW


def _blocks(user_id: int) -> Exists:
    return Exists(Block.objects.filter(blocker=user_id, blocked=OuterRef("user")))


# --- Reading a text ---------------------------------------------------------------------------------------------------


def names_in(body: str) -> Iterator[str]:
    """The names after an "@", without case, outside code and addresses. Whether they are anybody isn't asked."""
    if "@" not in body:
        return
    text = QUOTED.sub(lambda quoted: " " * len(quoted[0]), body)
    for at in AT.finditer(text):
        yield _key(_name_at(text, at.end()))


def pieces(text: str, mentioned: Mentioned) -> Iterator[tuple[str, str | None]]:
    """`text` cut where somebody is named: (piece, None) or ("@name", whom it means). Code has been taken out before."""
    done = 0
    for at in AT.finditer(text) if mentioned else ():
        name = _name_at(text, at.end())
        whom = mentioned.named(name)
        if whom is None:
            continue
        yield text[done : at.start()], None
        done = at.end() + len(name)
        yield text[at.start() : done], whom
    yield text[done:], None


def highlight(text: str, mentioned: Mentioned) -> str:
    """`text` as HTML, nothing in it but names marked as mentions."""
    marked = '<span class="mention" data-user="{}">{}</span>'
    return "".join(
        marked.format(whom, escape(part)) if whom else escape(part) for part, whom in pieces(text, mentioned)
    )


def marked(html: str) -> list[str]:
    """Whom a message's HTML marks as named: public ids and "everyone", each once. A sender's own "<" is never bare."""
    return list(dict.fromkeys(MARK.findall(html)))


def _name_at(text: str, start: int) -> str:
    """The longest run of a username's characters from `start`, without punctuation at its end."""
    end = start
    while end < len(text) and end - start < LONGEST and _belongs(text[end]):
        end += 1
    return text[start:end].rstrip("._-")


def _belongs(char: str) -> bool:
    return char in PUNCTUATION or unicodedata.category(char)[0] in "LMN"


def _key(name: str) -> str:
    return normalize(name).casefold()
