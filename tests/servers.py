"""Real servers for tests: `python -m mychat.server` as a process of its own, on the tests' database and Redis."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
STOP_SECONDS = 30
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")


def free_port() -> int:
    """A loopback port that nobody listens on, below the range that outgoing connections take theirs from."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


def database_url() -> str:
    """The tests' own database as a URL for another process."""
    database = connection.settings_dict
    name = str(database["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    place = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}"
    return f"postgres://{quote(database['USER'])}:{quote(database['PASSWORD'])}@{place}/{quote(name)}"


def server_environment(static_root: Path, **extra: str) -> dict[str, str]:
    """An almost empty environment that points a server at the tests' database, Redis and static files."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        "TEST_STATIC_ROOT": str(static_root),
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.REDIS_PREFIX,
        "WORKER": "separate",  # a second Django a server costs a second; tests of jobs ask for it
        **extra,
    }


def collect_static(target: Path) -> Path:
    """Hashed static files at `target`, as a deploy has them. Collected once, by whichever process comes first."""
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        return _await_static(target)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.server_settings", "TEST_STATIC_ROOT": str(target)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (target / "collected").write_text(done.stderr if done.returncode else "")
    return _await_static(target)


def _await_static(target: Path) -> Path:
    deadline = time.monotonic() + 120
    while not (target / "collected").exists():
        assert time.monotonic() < deadline, "another process never finished collecting the static files"
        time.sleep(0.1)
    problem = (target / "collected").read_text()
    assert not problem, f"collectstatic failed:\n{problem}"
    return target


class Site:
    """One server process. Started by the fixtures; a test may kill, terminate, start and restart it."""

    module = "mychat.server"

    def __init__(self, environment: dict[str, str], log_path: Path) -> None:
        self.environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/"
        self.process: subprocess.Popen[bytes] | None = None
        self._log_path = log_path
        self._log_start = 0

    def command(self) -> list[str]:
        """What starts the process."""
        return [sys.executable, "-m", self.module, "-b", "127.0.0.1", "-p", str(self.port)]

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> "Site":
        """Starts the process and returns once it answers. Fails with the log when it ends or takes too long."""
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=ROOT, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.running, f"the server ended at once:\n{self.log_text()}"
            assert time.monotonic() < deadline, f"the server didn't answer:\n{self.log_text()}"
            time.sleep(0.05)
        return self

    def get(self, path: str, timeout: float = 10, **headers: str) -> tuple[int, str]:
        """The status and the text of a GET, also when it is an error page."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def signal(self, number: int) -> None:
        """Sends a signal to the process."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        if self.running:
            self.signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> int:
        """Asks the process to drain and waits for it. Returns its exit code."""
        if self.running:
            self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Waits until the process has ended. Returns its exit code."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server didn't end:\n{self.log_text()}") from None

    def restart(self) -> "Site":
        """Drains the process and starts a new one on the same port."""
        self.terminate()
        return self.start()

    def log_text(self) -> str:
        """What the process wrote since the test began."""
        text = self._log_path.read_bytes() if self._log_path.exists() else b""
        return text[self._log_start :].decode(errors="replace")

    def forget_log(self) -> None:
        """Begins the log anew, for the next test on the same process."""
        self._log_start = self._log_path.stat().st_size if self._log_path.exists() else 0

    def assert_log_clean(self) -> None:
        """No traceback was written."""
        assert not TRACEBACK.search(self.log_text()), f"a traceback in the server's log:\n{self.log_text()}"

    def assert_never_logged(self, *secrets: str) -> None:
        """None of these texts (messages, passwords, addresses) was written to the log."""
        log = self.log_text()
        for secret in secrets:
            assert secret not in log, f"the server logged what people write: {secret!r}"

    def _answers(self) -> bool:
        try:
            return self.get("/healthz", timeout=1)[0] == 200
        except OSError:
            return False
