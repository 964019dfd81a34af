"""What somebody typed into a search field: words, "exact phrases" and operators such as `from:@noor`."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chat.errors import ChatError
from chat.search.words import fold

LONGEST = 200  # characters
MOST = 12  # words and operators, each of which costs a condition
# An operator with its value, a phrase, or a word. Phones write quotes of their own.
QUOTE = '["“”„«»]'
PART = re.compile(rf'(?:(?P<operator>[a-z]+):)?{QUOTE}(?P<phrase>[^"“”„«»]*){QUOTE}?|(?P<word>\S+)', re.IGNORECASE)
# What a trigram index can find: three letters, or two at the edge of a word.
INDEXABLE = re.compile(r"\w{3}|\w\w\W|\W\w\w")


class BadQuery(ChatError):
    code = "bad_query"
    status = 422
    message = "That search can’t be understood."


class Has(StrEnum):
    """What a message can be asked to have."""

    LINK = "link"
    FILE = "file"
    IMAGE = "image"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: every term, and everything that the operators ask."""

    terms: tuple[str, ...] = ()  # folded words and phrases
    senders: tuple[str, ...] = ()  # usernames, or "me": any of them
    rooms: tuple[str, ...] = ()  # public ids or parts of titles: any of them
    before: date | None = None  # said before this day
    after: date | None = None  # said on this day or later
    has: frozenset[Has] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == Query()

    @property
    def is_short(self) -> bool:
        """Whether there are words, but none that an index could find."""
        return bool(self.terms) and not any(map(INDEXABLE.search, self.terms))


def parse(text: str) -> Query:
    """The query that `text` is. Raises `BadQuery` with a sentence for what can't be answered.

    An operator that isn't known is a word, and one without a value is still being typed: it asks for nothing.
    """
    if len(text) > LONGEST:
        raise BadQuery(f"That’s too long to search for. Please use at most {LONGEST} characters.")
    parts = [_part(found) for found in PART.finditer(text)]
    if len(parts) > MOST:
        raise BadQuery(f"That’s too much to search for at once. Please use at most {MOST} words.")
    return Query(
        terms=_distinct(fold(value) for name, value in parts if name == ""),
        senders=_distinct(value.lstrip("@") for name, value in parts if name == "from"),
        rooms=_distinct(value for name, value in parts if name == "in"),
        before=min((_day(name, value) for name, value in parts if name == "before" and value), default=None),
        after=max((_day(name, value) for name, value in parts if name == "after" and value), default=None),
        has=frozenset(_has(value) for name, value in parts if name == "has" and value),
    )


OPERATORS = ("from", "in", "before", "after", "has")


def _part(found: re.Match[str]) -> tuple[str, str]:
    """An operator and its value; words and phrases have the operator ""."""
    if found["word"] is None:
        name, value = found["operator"] or "", found["phrase"]
        return _operator(name, value) or ("", f"{name}:{value}" if name else value)
    name, colon, value = found["word"].partition(":")
    return (_operator(name, value) if colon else None) or ("", found["word"])


def _operator(name: str, value: str) -> tuple[str, str] | None:
    value = "".join(char for char in value if char.isprintable()).strip()
    return (name.lower(), value) if name.lower() in OPERATORS else None


def _distinct(values: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))  # type: ignore[attr-defined]


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadQuery(f"“{name}:” needs a day, written like {name}:2026-11-01.") from error


def _has(value: str) -> Has:
    try:
        return Has(value.lower().removesuffix("s"))
    except ValueError as error:
        raise BadQuery("“has:” is followed by link, file, image or pin.") from error
