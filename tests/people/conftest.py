"""Fixtures for tests of people."""

from collections.abc import Iterator

import pytest

from chat.live import presence


@pytest.fixture(autouse=True)
def nobody_here() -> Iterator[None]:
    """Presence lives in the process: each test begins with nobody around."""
    presence.store.cache_clear()
    yield
    presence.store.cache_clear()
