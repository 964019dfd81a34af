"""What one may ask the search page: what is typed, and what is picked beside it."""

from dataclasses import replace

from django import forms

from chat.search.found import Cursor
from chat.search.query import Has, Query, parse

CHOICES = [(Has.LINK, "Links"), (Has.FILE, "Files"), (Has.IMAGE, "Pictures"), (Has.PIN, "Pinned")]
NAMES = {"room": "in", "sender": "from"}  # as the operators are called


class SearchForm(forms.Form):
    """Words and operators, the same operators as fields, and where the last page ended."""

    q = forms.CharField(required=False)
    has = forms.MultipleChoiceField(required=False, choices=CHOICES)
    room = forms.CharField(required=False, max_length=60)
    sender = forms.CharField(required=False, max_length=40)
    older = forms.CharField(required=False, max_length=60)

    def add_prefix(self, field_name: str) -> str:
        """A field is called like its operator; Python keeps those words to itself."""
        return NAMES.get(field_name, field_name)

    def query(self) -> Query:
        """What is asked for, typed and picked together. Raises `BadQuery`. What makes no sense is left out."""
        typed = parse(self.text("q"))
        picked = frozenset(map(Has, self.cleaned_data.get("has", [])))
        rooms, senders = self.text("room"), self.text("sender").lstrip("@")
        return replace(
            typed,
            has=typed.has | picked,
            rooms=typed.rooms + ((rooms,) if rooms else ()),
            senders=typed.senders + ((senders,) if senders else ()),
        )

    def cursor(self) -> Cursor | None:
        """Where to go on, or None for the beginning."""
        return Cursor.read(self.text("older"))

    def text(self, name: str) -> str:
        """What field `name` has, as far as it can be understood."""
        self.is_valid()
        return self.cleaned_data.get(name, "")
