"""Columns that are computed from other columns whenever a row is saved.

A computed column can't be forgotten by a form, a command or an import, and needs no `save()` override.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django.db import models


def fold(text: str) -> str:
    """`text` for comparing and sorting: no accents, no case, single blanks ("Élise  F" -> "elise f")."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.split())


def search_words(*texts: str) -> str:
    """The words one may look these texts up by, each after a blank: "Anne-Marie" -> " anne-marie anne marie"."""
    words = [word for text in texts for word in fold(text).split()]
    parts = [part for word in words for part in re.split(r"[\W_]+", word) if part]
    return "".join(f" {word}" for word in dict.fromkeys(words + parts))


class ComputedField(models.CharField):
    """A text column whose value is `compute(instance)` at every save."""

    def __init__(self, *args: Any, compute: Callable[[Any], str] | None = None, **kwargs: Any) -> None:
        self.compute = compute
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if self.compute is None:  # a migration's frozen model: nothing to compute from
            return getattr(model_instance, self.attname)
        value = self.compute(model_instance)[: self.max_length]
        setattr(model_instance, self.attname, value)
        return value
