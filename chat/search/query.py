"""What somebody typed into a search field: words, "exact phrases" and operators such as `from:@noor`."""

import re
from collections.abc import Iterator
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


DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
TYPING = re.compile(r"\d{0,3}|\d{4}-0?|\d{4}-\d{1,2}-0?")  # will be a day


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

    An operator that isn't known is a word. One that has no value yet, or the beginning of one, asks for nothing: people
    search while they type.
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
        before=min(_days("before", parts), default=None),
        after=max(_days("after", parts), default=None),
        has=frozenset(has for name, value in parts if name == "has" for has in _has(value)),
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


def _days(name: str, parts: list[tuple[str, str]]) -> list[date]:
    """The days that operator `name` was given: a year or a month means its first day."""
    return [_day(name, value) for operator, value in parts if operator == name and not TYPING.fullmatch(value)]


def _day(name: str, value: str) -> date:
    found = DAY.fullmatch(value)
    try:
        year, month, day = (int(part or 1) for part in found.groups()) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError as error:
        raise BadQuery(f"“{name}:” needs a day, written like {name}:2026-11-01.") from error


def _has(value: str) -> Iterator[Has]:
    wanted = value.lower().removesuffix("s")
    if wanted in list(Has):
        yield Has(wanted)
    elif not any(has.startswith(wanted) for has in Has):
        raise BadQuery("“has:” is followed by link, file, image or pin.")
