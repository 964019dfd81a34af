"""Display names and one-line texts."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.names import clean_line, clean_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", ["Ida Lindqvist", "X Æ A-12", "王小明", "👩‍🚀 Maja", "می‌خواهم", "🎉", "J. R. R."])
def test_names_people_have_are_kept(name: str) -> None:
    assert clean_name(name) == name


def test_blanks_are_tidied() -> None:
    assert clean_name("  Ida\t Lind\u00a0qvist\n") == "Ida Lind qvist"


@pytest.mark.parametrize("name", ["\u202eadI", "I\u200bda", "Ida\x07", "\u3164", "Ida\u2066"])
def test_invisible_characters_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="invisible"):
        clean_name(name)


@pytest.mark.parametrize("name", ["", "\u200d", "\ufe0f \u200c"])
def test_a_name_shows_something(name: str) -> None:
    with pytest.raises(ValidationError, match="people can see"):
        clean_name(name)


def test_towers_of_accents_are_refused() -> None:
    with pytest.raises(ValidationError, match="accents"):
        clean_line("Z" + "\u0335" * 9)


@given(st.text(max_size=60))
def test_a_clean_line_is_one_line_and_stays_clean(text: str) -> None:
    try:
        line = clean_line(text)
    except ValidationError:
        return
    assert clean_line(line) == line
    assert len(line.splitlines()) <= 1
