"""What the room costs to load."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.unit

IMPORT = re.compile(r'(?:from|import)\s*"(\.[^"]+)"')
KB = 1024


def closure(*entries: str) -> set[Path]:
    """The modules that these pull in, and they themselves."""
    found: set[Path] = set()
    waiting = [Path(str(finders.find(f"js/{entry}"))) for entry in entries]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        waiting += [(module.parent / target).resolve() for target in IMPORT.findall(module.read_text())]
    return found


def weight(files: set[Path]) -> float:
    """Their size as it travels, in kB: each compressed by itself, as they are served."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / KB


def test_the_rooms_scripts_stay_under_48_kb() -> None:
    """20 of our own and 28 of others' were planned; with most of the others' left out, ours may have their share."""
    scripts = closure("app.js", "live.js", "room.js")
    assert len(scripts) > 20
    assert weight(scripts) <= 48


def test_the_room_with_everything_stays_under_68_kb() -> None:
    styles = {Path(str(finders.find(f"css/{name}.css"))) for name in
              ("tokens", "base", "components", "fields", "layout", "rooms", "messages", "composer")}  # fmt: skip
    assert weight(closure("app.js", "live.js", "room.js") | styles) <= 68


def test_imports_stand_on_one_line_each() -> None:
    """Hashed names are put in by a regular expression that doesn't look further."""
    for module in closure("app.js", "live.js", "room.js", "switcher.js"):
        if "vendor" in module.parts:
            continue
        for line in module.read_text().splitlines():
            assert not line.startswith("import") or line.endswith('";'), f"{module.name}: {line}"
