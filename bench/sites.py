"""The servers that are compared, each on a fresh copy of its seeded database."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.services import Services, end, free_port, wait_for

ROOT = Path(__file__).resolve().parent.parent
PAIRS = 1100  # seeded; the idle runs need 2,020 people
COMMANDS = {
    "tutorial": ["-m", "daphne", "--verbosity", "0", "bench.tutorial.asgi:application"],
    "mychat": ["-m", "mychat.server"],
}
# One address and a hundred people stand for a whole town here. Numbers are raised, no check is left out.
LIMITS = [
    "LIVE_CONNECTS_PER_MINUTE", "LIVE_FRAMES_PER_SECOND", "LIVE_POSTS_PER_SECOND", "LIVE_POST_BURST",
    "LIVE_SOCKETS_PER_USER",
]  # fmt: skip


class Failed(Exception):
    """A run that came to nothing."""


@dataclass(frozen=True)
class Variant:
    """One server as it is run."""

    site: str  # tutorial or mychat: also the dialect
    database: str = "postgres"  # or sqlite
    layer: str = "core"  # the tutorial's
    wal: bool = False  # SQLite's write-ahead log, which mychat turns on by itself; the file remembers it

    @property
    def table(self) -> str:
        """Where its messages are."""
        return {"tutorial": "tutorial_message", "mychat": "chat_message"}[self.site]

    def environment(self, database_url: str, redis_url: str, data: Path) -> dict[str, str]:
        """Everything the server is told."""
        own = {"DJANGO_SETTINGS_MODULE": "bench.tutorial.settings", "LAYER": self.layer}
        if self.site == "mychat":
            own = {"WORKER": "separate", "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "mychat.settings"}
            own |= dict.fromkeys(LIMITS, "1000000")
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "SECRET_KEY": "only-for-benchmarks-" * 3,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url if self.database == "postgres" else "",
            "DATA_DIR": str(data),
            **own,
        }


VARIANTS = {
    "tutorial": Variant("tutorial"),
    "tutorial-pubsub": Variant("tutorial", layer="pubsub"),
    "tutorial-sqlite": Variant("tutorial", database="sqlite", layer="memory"),
    "tutorial-wal": Variant("tutorial", database="sqlite", layer="memory", wal=True),
    "mychat": Variant("mychat"),
    "mychat-sqlite": Variant("mychat", database="sqlite"),
}


class Sites:
    """Makes seeded databases once, and servers for each run."""

    def __init__(self, services: Services, pairs: int = PAIRS) -> None:
        self.services, self.pairs = services, pairs
        self.data = services.directory / "sites"
        self.data.mkdir()
        self._seeds: dict[tuple[str, str], dict[str, Any]] = {}

    def seed(self, variant: Variant) -> dict[str, Any]:
        """The people of this variant's template database, which is made on first use. Raises `Failed`."""
        key = variant.site, variant.database
        if key not in self._seeds:
            self._seeds[key] = self._make_template(variant)
        return self._seeds[key]

    def _make_template(self, variant: Variant) -> dict[str, Any]:
        url = f"sqlite:///{self._template(variant)}"
        if variant.database == "postgres":
            url = self.services.create(f"{variant.site}_seeded")
        environment = variant.environment(url, self.services.redis_url, self.data)
        command = [sys.executable, "-m", "bench.seed", str(self.pairs)]
        try:
            made = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, timeout=300)
        except subprocess.SubprocessError as error:
            raise Failed(f"{variant.site} was not seeded") from error
        seed: dict[str, Any] = json.loads(made.stdout)
        return seed

    @contextlib.contextmanager
    def running(self, variant: Variant, processes: int) -> Iterator["Running"]:
        """Fresh servers on a fresh copy of the seeded database and an empty Redis."""
        seed = self.seed(variant)
        self.services.flush()
        environment = variant.environment(self._copy(variant), self.services.redis_url, self.data)
        (self.data / "server.log").unlink(missing_ok=True)
        running = Running(variant, environment["DATABASE_URL"], self.data / "server.log", self.services.groups, seed)
        try:
            for _ in range(processes):
                running.start(environment)
            yield running
        finally:
            running.end()

    def _copy(self, variant: Variant) -> str:
        if variant.database == "postgres":
            return self.services.create(f"{variant.site}_run", template=f"{variant.site}_seeded")
        for leftover in self.data.glob("run.sqlite3*"):
            leftover.unlink()
        path = self.data / "run.sqlite3"
        shutil.copy(self._template(variant), path)
        if variant.wal:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{path}"

    def _template(self, variant: Variant) -> Path:
        return self.data / f"{variant.site}.sqlite3"


@dataclass
class Running:
    """The servers of one run."""

    variant: Variant
    database_url: str
    log: Path
    others: dict[str, list[int]]  # the process trees of Postgres and Redis
    seed: dict[str, Any]
    urls: list[str] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, environment: dict[str, str]) -> None:
        """One more server, listening on a port of its own. Raises `Failed` if it doesn't."""
        port = free_port()
        command = [sys.executable, *COMMANDS[self.variant.site], "-b", "127.0.0.1", "-p", str(port)]
        with self.log.open("ab") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        self.processes.append(process)
        self.urls.append(f"http://127.0.0.1:{port}")
        try:
            wait_for(port, process)
        except RuntimeError as error:
            raise Failed(f"{self.variant.site} didn't start: {self.tail()}") from error

    def end(self) -> None:
        """Ends them all at once."""
        for process in self.processes:
            end(process)

    @property
    def groups(self) -> dict[str, list[int]]:
        """The roots of all process trees that serve."""
        return {"server": [process.pid for process in self.processes], **self.others}

    @property
    def crowd(self) -> dict[str, Any]:
        """Who may talk, and where."""
        return {"dialect": self.variant.site, "urls": self.urls, **self.seed}

    def rows(self) -> int:
        """Messages in the database."""
        question = f"SELECT count(*) FROM {self.variant.table}"  # noqa: S608 - one of two names of ours
        if self.variant.database == "sqlite":
            with contextlib.closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"))) as connection:
                return int(connection.execute(question).fetchone()[0])
        with psycopg.connect(self.database_url) as connection:
            return int(connection.execute(question).fetchone()[0])

    def tail(self) -> str:
        """The end of what the servers wrote."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
