"""Which usernames may exist, and which are one to the eye."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.usernames import SAME_SHAPE, UsernameValidator, alternatives, normalize, refuse_reserved, username_key

pytestmark = pytest.mark.unit

check = UsernameValidator()
ANY_TEXT = st.text(max_size=40)
LETTERS = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=12)
LATIN = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20)


def sentence(name: str) -> str:
    with pytest.raises(ValidationError) as refused:
        check(name)
    return refused.value.messages[0]


@pytest.mark.parametrize(
    "name",
    ["a", "alice", "al.ice", "al_ice-2", "x" * 32, "123", "Élise", "Ömer", "мария", "Ελένη", "田中さん", "김철수",
     "हिन्दी", "สมชาย", "مريم", "王小明a"],
)  # fmt: skip
def test_names_of_the_world_may_exist(name: str) -> None:
    check(name)


@pytest.mark.parametrize(
    "name", ["a\u200bb", "a\u202eb", "a\u00adb", "\ufeffa", "a\u3164b", "a\u115fb", "a\ufe0fb", "a\x00", "a\ud800b"]
)
def test_invisible_characters_are_refused(name: str) -> None:
    assert sentence(name) == "A username can’t contain invisible characters."


@pytest.mark.parametrize("name", ["", "x" * 33, "a b", "a@b", "a/b", "<b>", "a\u2014b", "ａｂｃ", "ﬁ", "e\u0301", "😀"])
def test_misshapen_names_are_refused(name: str) -> None:
    assert sentence(name) == "Use 1 to 32 letters, digits, dots, dashes or underscores."


@pytest.mark.parametrize("name", [".a", "a.", "-a", "a_", "_"])
def test_names_begin_and_end_with_a_letter(name: str) -> None:
    assert sentence(name) == "Begin and end with a letter or a digit."


def test_towers_of_accents_are_refused() -> None:
    assert sentence("a" + "\u0334\u0335\u0336\u0337") == "That’s too many accents on one letter."


@pytest.mark.parametrize("name", ["аlice", "pаypal", "αlice", "aliсe", "мaria"])
def test_mixed_alphabets_are_refused(name: str) -> None:
    assert sentence(name) == "Use letters of one alphabet only, so that nobody is taken for somebody else."


@pytest.mark.parametrize(
    ("one", "other"),
    [("Alice", "alice"), ("ALICE", "alice"), ("AIice", "Alice"), ("a1ice", "alice"), ("b0b", "bob"), ("аррlе", "apple"),
     ("ａｌｉｃｅ", "alice"), ("ſam", "sam"), ("straße", "STRASSE"), ("ıda", "ida")],
)  # fmt: skip
def test_look_alikes_have_one_key(one: str, other: str) -> None:
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(("one", "other"), [("alice", "bob"), ("al.ice", "alice"), ("anna", "ana"), ("élise", "elise")])
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert username_key(one) != username_key(other)


@given(LETTERS)
def test_a_key_is_its_own_key(name: str) -> None:
    assert username_key(username_key(name)) == username_key(name)


@given(LETTERS)
def test_case_makes_no_difference(name: str) -> None:
    assume(name.upper().lower() == name.lower())  # some letters have no way back: not the key's fault
    assert username_key(name.upper()) == username_key(name.lower()) == username_key(name.swapcase())


@given(LETTERS)
def test_compatibility_forms_make_no_difference(name: str) -> None:
    assert username_key(unicodedata.normalize("NFKC", name)) == username_key(name)


@given(LATIN, LATIN)
def test_plain_latin_names_are_one_only_by_shape(one: str, other: str) -> None:
    assert (username_key(one) == username_key(other)) == (one.translate(SAME_SHAPE) == other.translate(SAME_SHAPE))


@given(ANY_TEXT)
def test_whatever_is_typed_is_refused_with_a_sentence_or_can_be_read(text: str) -> None:
    refusals = []
    try:
        check(text)
    except ValidationError as refused:
        refusals = refused.messages
    assert all(sentence.endswith(".") for sentence in refusals)
    assert refusals or (1 <= len(text) <= 32 and text.isprintable() and " " not in text)


@given(ANY_TEXT)
def test_a_normal_name_stays_as_it_is(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    "name", ["admin", "ADMIN", "Adrnin", "a.d.m.i.n", "admin1", "supp0rt", "root", "system", "mychat"]
)
def test_names_that_speak_for_the_site_are_reserved(name: str) -> None:
    with pytest.raises(ValidationError, match="is kept for the people who run this site"):
        refuse_reserved(name)


def test_the_sites_own_name_is_reserved(settings: Settings) -> None:
    settings.SITE_NAME = "Snug Harbour"
    with pytest.raises(ValidationError, match="run this site"):
        refuse_reserved("snug-harbour")


@pytest.mark.parametrize("name", ["me", "people", "accounts", "setup", "Login", "ws"])
def test_addresses_of_the_site_are_reserved(name: str) -> None:
    with pytest.raises(ValidationError, match="is an address of this site"):
        refuse_reserved(name)


@pytest.mark.parametrize("name", ["ida", "modesty", "roots", "med", "people.person", "user123"])
def test_other_names_are_not_reserved(name: str) -> None:
    refuse_reserved(name)


def test_alternatives_are_made_of_the_persons_own_name() -> None:
    assert list(alternatives("ida", "Ida Lindqvist"))[:4] == ["ida.l", "idal", "ida.lindqvist", "ida2"]
    assert list(alternatives("NOOR", "Mara Öztürk"))[:3] == ["noor.o", "nooro", "noor.ozturk"]
    assert list(alternatives("noor", "نور حداد"))[:2] == ["noor2", "noor3"]


@given(LATIN, ANY_TEXT)
def test_alternatives_fit(wanted: str, name: str) -> None:
    assert all(len(other) <= 32 for other in alternatives(wanted, name))
