"""What may stand in the one-line texts that people write about themselves."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.usernames import BLANK, is_invisible

# Zero-width joiners and variation selectors build emoji and Persian or Indic words: harmless between visible letters.
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
MARKS_IN_A_ROW = 4


def clean_line(text: str) -> str:
    """`text` on one line with single blanks, composed. Raises `ValidationError` on what can't be seen."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if any(is_invisible(char) and char not in JOINERS for char in line):
        raise ValidationError("This can’t contain invisible characters.", code="invisible")
    if "M" * (MARKS_IN_A_ROW + 1) in "".join(_kind(char) for char in line):
        raise ValidationError("That’s too many accents on one letter.", code="accents")
    return line


def clean_name(text: str) -> str:
    """A display name that shows something. Raises `ValidationError` otherwise."""
    name = clean_line(text)
    if not any(_kind(char) in "LNSP" and char not in BLANK for char in name):
        raise ValidationError("Please enter a name that people can see.", code="blank")
    return name


def _kind(char: str) -> str:
    return "J" if char in JOINERS else unicodedata.category(char)[0]


class NameField(forms.CharField):
    """A display name."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "name"})
        super().__init__(**{"label": "Your name", "max_length": 60, "widget": widget, **kwargs})
        self.error_messages["required"] = "Please enter a name."

    def clean(self, value: Any) -> str:
        """The name on one line. Raises `ValidationError`."""
        return clean_name(super().clean(value))


class LinesField(forms.CharField):
    """A text of several lines. Forms send a line break as two characters; it counts as one."""

    def to_python(self, value: Any) -> str:
        """The text with plain line breaks."""
        return (super().to_python(value) or "").replace("\r\n", "\n")
