"""What one may ask the directory."""

from django import forms

from chat.people.services import Place, Show


class DirectoryForm(forms.Form):
    """A search, a part of the directory, and where the last page ended. What makes no sense is left out."""

    q = forms.CharField(required=False, max_length=80)
    show = forms.ChoiceField(required=False, choices=Show.choices)
    after = forms.CharField(required=False, max_length=200)

    def asked(self) -> dict[str, str]:
        """Search text and part, as far as they can be understood."""
        self.is_valid()
        return {"text": self.cleaned_data.get("q", ""), "show": self.cleaned_data.get("show", "")}

    def place(self) -> Place | None:
        """Where to go on, or None for the beginning."""
        self.is_valid()
        return Place.read(self.cleaned_data.get("after", ""))
