"""Folding: the same words are the same, in any script, and can be pointed at in the original."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.words import Range, fold, fold_with_origins, matches, snippet

pytestmark = pytest.mark.unit

SCRIPTS = (
    "aB éÉ\u0301\u030aßøÆ Ёй ςΣά שָׁלוֹ اَلْىة\u0640 がカﾞ中文 한글\u1100\u1161 किक्ष ไทยำ İıI"
    " 🎉👩\u200d🚀 \t\n\u00a0\u3000*~`_'’“\"-–ＡＢ１"
)
texts = st.text(alphabet=SCRIPTS, max_size=60)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Élise’s Größe", "elise's grosse"),
        ("Élise’s Größe", "ÉLISE’S GRÖSSE"),
        ("e\u0301lise", "élise"),
        ("Åsa Øster Łódź", "asa oster lodz"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδός"),
        ("Ёлка", "елка"),
        ("اَلْعَرَبِيَّةُ", "العربية"),
        ("أحمد", "احمد"),
        ("العـــربية", "العربية"),
        ("שָׁלוֹם", "שלום"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﾊﾞｽ", "バス"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
        ("ﬁnance", "finance"),
        ("İstanbul", "istanbul"),
        ("ILIK ılık", "ilik ilik"),
        ("a  b\n\tc\u00a0d", "a b c d"),
        ("**bold** and `code` and ~~gone~~", "bold and code and gone"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("“quoted” – so", '"quoted" - so'),
        ("❤\ufe0f", "❤"),
    ],
)
def test_the_same_words_fold_alike(said: str, typed: str) -> None:
    assert fold(said) == fold(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("かき", "かぎ"), ("中", "文"), ("कि", "क"), ("snake_case", "snakecase"), ("ไก่", "ไข่"), ("각", "가"), ("о", "o")],
)
def test_other_letters_stay_other(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(texts)
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_any_text_folds_into_single_blanks_and_every_character_has_an_origin(text: str) -> None:
    folded = fold_with_origins(text)
    assert folded.text == fold(text)
    assert folded.text == " ".join(folded.text.split(" ")).strip(" ")
    assert "  " not in folded.text
    assert "\0" not in folded.text
    assert len(folded.origins) == len(folded.text)
    assert all(0 <= start < end <= len(text) for start, end in folded.origins)
    assert folded.origins == sorted(folded.origins)


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_short_way_for_ascii_is_the_long_way(text: str) -> None:
    assert fold(text) == fold_with_origins(text).text


WORDS = ["Élise", "中文", "اَلْ", "שָׁלוֹם", "Größe", "한국", "がぎ", "किताब", "plain", "İ", "e\u0301\u030a"]


@given(
    st.lists(st.sampled_from(WORDS), max_size=6), st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=6)
)
def test_what_was_said_is_found_where_it_stands(before: list[str], word: str, after: list[str]) -> None:
    text = " ".join([*before, word, *after])
    place = len(" ".join([*before, ""]))
    found = matches(text, [fold(word)])
    assert any(start <= place and end >= place + len(word) for start, end in found)
    assert all(fold(word) in fold(text[start:end]) for start, end in found)


@given(texts, st.lists(texts, max_size=4))
def test_marks_lie_in_order_apart_and_inside(text: str, typed: list[str]) -> None:
    terms = [fold(one) for one in typed]
    found = matches(text, terms)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end < other.start for one, other in pairwise(found))
    piece = snippet(text * 20, terms)
    assert "".join(part for part, _ in piece.pieces) == piece.text
    assert "\n" not in piece.text


def test_a_match_is_marked_in_the_original_text() -> None:
    text = "The GRÖSSE of **it**, and Größe again"
    assert [text[start:end] for start, end in matches(text, ["grosse", "it"])] == ["GRÖSSE", "it", "Größe"]
    assert matches("abcab", ["ab", "bc"]) == [Range(0, 5)]
    assert matches("nothing", [""]) == []


def test_a_snippet_shows_the_first_match_in_its_sentence() -> None:
    text = "filler " * 100 + "the needle\nis here " + "more " * 100
    shown = snippet(text, ["needle"])
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")
    assert len(shown.text) < 220
    assert [piece for piece, marked in shown.pieces if marked] == ["needle"]
    assert "the needle is here" in shown.text


def test_a_snippet_without_a_match_is_the_beginning() -> None:
    assert snippet("short", ["absent"]).pieces == [("short", False)]
    assert snippet("", []).pieces == []


def test_a_snippet_of_one_long_word_has_the_match_too() -> None:
    shown = snippet("x" * 500 + "needle" + "y" * 500, ["needle"])
    assert ("needle", True) in shown.pieces
    assert len(shown.text) < 220
