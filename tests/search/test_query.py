"""What can be typed into the search field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.query import LONGEST, BadQuery, Has, Query, parse

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", Query()),
        ("  \t ", Query()),
        ("Hello World", Query(terms=("hello", "world"))),
        ('"Hello  World" again', Query(terms=("hello world", "again"))),
        ("“hello world”", Query(terms=("hello world",))),
        ('"still typing', Query(terms=("still typing",))),
        ("hello hello", Query(terms=("hello",))),
        ("from:@Noor tomatoes", Query(terms=("tomatoes",), senders=("Noor",))),
        ("from:noor from:me", Query(senders=("noor", "me"))),
        ("FROM:noor", Query(senders=("noor",))),
        ('in:"Book club" in:abc', Query(rooms=("Book club", "abc"))),
        ("before:2026-11-01 after:2026-10-01", Query(before=date(2026, 11, 1), after=date(2026, 10, 1))),
        ("has:link has:Images has:pins", Query(has=frozenset({Has.LINK, Has.IMAGE, Has.PIN}))),
        ("from: in: before: after: has:", Query()),
        ("before:202 after:2026- has:im", Query()),
        ("before:2026-0 after:2026-11-0", Query()),
        ("before:2026 after:2025-3", Query(before=date(2026, 1, 1), after=date(2025, 3, 1))),
        ("before:2026-1-2 before:2026-01-03", Query(before=date(2026, 1, 2))),
        ("colour:red 12:30 https://example.com", Query(terms=("colour:red", "12:30", "https://example.com"))),
        ('what:"he said"', Query(terms=("what:he said",))),
        ('"from:noor"', Query(terms=("from:noor",))),
        ("** ~~", Query()),
        ("a\0b", Query(terms=("a b",))),
        ("from:no\0or", Query(senders=("noor",))),
    ],
)
def test_what_is_typed_is_understood(typed: str, query: Query) -> None:
    assert parse(typed) == query


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("before:yesterday", "before:2026-11-01"),
        ("after:2026-13-01", "after:2026-11-01"),
        ("after:2026-02-30", "after:2026-11-01"),
        ("before:0000", "before:2026-11-01"),
        ("has:fun", "link, file, image or pin"),
        ("x" * (LONGEST + 1), "too long"),
        ("a b c d e f g h i j k l m", "at most 12 words"),
    ],
)
def test_what_cant_be_answered_is_refused_with_a_sentence(typed: str, words: str) -> None:
    with pytest.raises(BadQuery) as refusal:
        parse(typed)
    assert words in refusal.value.message
    assert refusal.value.message.endswith(".")
    assert typed[:20] not in str(refusal.value)


@given(st.text(alphabet='ab:"“ @-2026fromhasinbefore\n\0é中\ud800', max_size=LONGEST + 20))
def test_anything_is_either_a_query_or_a_sentence(typed: str) -> None:
    try:
        query = parse(typed)
    except BadQuery:  # its sentence is looked at above
        return
    assert all(term and term == term.strip() and "\0" not in term for term in query.terms)
    assert all(value and value.isprintable() for value in (*query.senders, *query.rooms))


@pytest.mark.parametrize("typed", ["ab", "会议", "a b", "🎉🎉🎉", ":-)", "@", "c++"])
def test_short_words_are_no_work_for_an_index(typed: str) -> None:
    assert parse(typed).is_short


@pytest.mark.parametrize("typed", ["abc", "会议室", "a guitar", '"to be"', "été"])
def test_three_letters_are(typed: str) -> None:
    assert not parse(typed).is_short


def test_filters_alone_are_not_short() -> None:
    assert not parse("from:noor").is_short
    assert not parse("from:noor").is_empty
