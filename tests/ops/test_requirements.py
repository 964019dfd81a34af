"""What is installed to work on the site is what it runs with, and more."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    return set(PIN.findall((ROOT / name).read_text()))


def test_every_pin_of_production_holds_for_development() -> None:
    assert pins("requirements.txt")
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_everything_asked_for_is_pinned(name: str) -> None:
    asked = re.findall(r"^([A-Za-z0-9_-]+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    pinned = {package.lower().replace("_", "-") for package, _ in pins(f"{name}.txt")}

    assert {package.lower().replace("_", "-") for package in asked if not package.startswith("-")} <= pinned


def test_no_line_installs_from_elsewhere() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if not re.match(r"\s*#|\s*$|[A-Za-z0-9._\[\],-]+==", line)]
