"""One cast for all examples, and a server whose limits are small enough to be reached."""

import logging
from collections import Counter
from functools import partial

import pytest
from django.conf import settings

from chat.live import bus, database, hub, intake, limits, line, presence
from chat.messages import presenters
from tests.base import session_key
from tests.factories import make_user
from tests.model.loop import PROCESS
from tests.model.machine import Protocol
from tests.model.people import Person
from tests.model.process import Road, attach


class Nobody:
    """Presence that knows nobody: it isn't part of the promise."""

    def touch(self, *args: object) -> set[int]:
        return set()

    expire = sweep = online = touch


class Kept:
    """The one connection of the test's thread, which is not to be closed after each call."""

    errors_occurred = False

    def close(self) -> None:
        """Keeps it open."""


@pytest.fixture
def protocol(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> type[Protocol]:
    """The machine, ready to run."""
    caplog.set_level(logging.ERROR)  # thousands of sockets come and go
    monkeypatch.setattr(bus, "Road", Road)
    monkeypatch.setattr(bus, "attach", attach)
    monkeypatch.setattr(bus, "publish", lambda items: PROCESS.get().publish(items) if items else None)
    monkeypatch.setattr(hub, "start", lambda: PROCESS.get().hub)
    monkeypatch.setattr(intake, "in_writer", lambda function: PROCESS.get().loop.run_in_executor(None, function))
    monkeypatch.setattr(database, "connection", Kept())
    monkeypatch.setattr(presence, "store", Nobody)
    monkeypatch.setattr(limits.Limit, "wait", lambda self, key: 0.0)
    for name, value in {"EPOCHS": 10**9, "PRESENCE_SWEEP": 10**9, "SOCKETS_PER_USER": 10**9}.items():
        monkeypatch.setitem(settings.LIVE, name, value)
    monkeypatch.setattr(presenters, "TOO_FAR", 12)
    monkeypatch.setattr(presenters, "SYNC_PAGE", 3)
    monkeypatch.setattr(presenters, "newest_page", partial(presenters.newest_page, size=4))
    monkeypatch.setattr(hub, "CATCH_UP", 6)
    monkeypatch.setattr(line, "FULL_BYTES", 500)
    monkeypatch.setattr(line, "MOST_BYTES", 20_000)
    people = {name: make_user(name) for name in ("alice", "bob", "carol", "eve")}
    Protocol.cast = {name: Person(user, session_key(user)) for name, user in people.items()}
    Protocol.seen = Counter()
    return Protocol
