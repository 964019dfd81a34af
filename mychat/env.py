"""Reads the environment: every setting a deployer may change comes through here."""

import os
from collections.abc import Callable, Mapping
from typing import Any

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


class BadSetting(ValueError):
    """An environment variable holds something that can't be understood."""


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding blanks, or `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """The variable as yes or no. Raises `BadSetting` on anything that is neither."""
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise BadSetting(f"{name} must be one of 1, 0, true, false, yes, no, on or off, not {value!r}.")


def number(name: str, default: int) -> int:
    """The variable as a whole number. Raises `BadSetting` on anything else."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise BadSetting(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str) -> list[str]:
    """The variable as a list, split at commas and blanks."""
    return text(name).replace(",", " ").split()


def parsed(name: str, default: str, parse: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """What `parse` makes of the variable. Raises `BadSetting` where it raises ValueError."""
    try:
        return dict(parse(text(name, default)))
    except ValueError as error:
        raise BadSetting(f"{name} can't be understood: {error}") from error
