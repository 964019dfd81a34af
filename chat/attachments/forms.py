"""What comes with a file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from chat.attachments.services import Voice

LONGEST_SECONDS = 15 * 60
BARS = 64


class Bars(forms.JSONField):
    """JSON; nested deeper than Python reads, it is wrong like any other."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError("not a waveform") from error


class UploadForm(forms.Form):
    """One file; of a recording also its length and how loud it is along the way."""

    file = forms.FileField(allow_empty_file=True)
    seconds = forms.FloatField(min_value=0.1, max_value=LONGEST_SECONDS, required=False)
    waveform = Bars(required=False)

    def clean_waveform(self) -> list[int] | None:
        """At most `BARS` whole numbers from 0 to 100."""
        bars: Any = self.cleaned_data["waveform"]
        if bars is None:
            return None
        if not isinstance(bars, list) or len(bars) > BARS or not all(_is_loudness(bar) for bar in bars):
            raise ValidationError("not a waveform")
        return bars

    @property
    def voice(self) -> Voice | None:
        """What the browser says of its recording, if it is one."""
        seconds = self.cleaned_data["seconds"]
        return Voice(round(seconds, 2), self.cleaned_data["waveform"] or []) if seconds else None


def _is_loudness(bar: object) -> bool:
    return type(bar) is int and 0 <= bar <= 100


class AltForm(forms.Form):
    """What a picture shows."""

    alt = forms.CharField(max_length=300, required=False)
