"""What collecting the scripts relies on. What they weigh is in tests/looks/test_static.py."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.unit

IMPORT = re.compile(r'(?:from|import)\s*"(\.[^"]+)"')


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


def test_imports_stand_on_one_line_each() -> None:
    """Hashed names are put in by a regular expression that doesn't look further."""
    for module in closure("app.js", "live.js", "room.js", "switcher.js"):
        if "vendor" in module.parts:
            continue
        for line in module.read_text().splitlines():
            assert not line.startswith("import") or line.endswith('";'), f"{module.name}: {line}"
