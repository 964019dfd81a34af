"""The job process beside a web process, so that one command runs the whole site."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mychat import env

log = logging.getLogger(__name__)

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
LOOK_SECONDS = 1.0
LONGEST_WAIT = 60.0
LAST_CALL_SECONDS = 20.0


class Child:
    """`manage.py jobs`, started again when it falls over, sooner at first, and ended with us."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = LOOK_SECONDS
        self._ending = False

    def watch(self, later: Callable[..., Any]) -> None:
        """Starts the process unless WORKER=separate, and looks after it by `later(seconds, function, argument)`."""
        if self._ending or env.text("WORKER") == "separate":
            return
        wait = LOOK_SECONDS
        if self._process is None:
            self._start()
        elif self._process.poll() is not None:
            wait = self._after_fall()
        later(wait, self.watch, later)

    def end(self) -> None:
        """Asks the process to finish its job and end. Doesn't wait."""
        self._ending = True
        if self.running():
            self._process.terminate()  # type: ignore[union-attr]

    def kill(self) -> None:
        """Ends the process at once, if it is still there."""
        if self.running():
            self._process.kill()  # type: ignore[union-attr]

    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        command = [sys.executable, str(MANAGE), "jobs", "--beside"]
        # A session of its own: Ctrl-C reaches us alone, and we tell the child. The pipe tells it of our death.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment(), start_new_session=True)
        self._started = time.monotonic()

    def _after_fall(self) -> float:
        """Forgets the ended process. Returns the seconds to wait before the next."""
        code = self._process.returncode if self._process else 0
        self._process = None
        lasted = time.monotonic() - self._started
        self._wait = LOOK_SECONDS if lasted > LONGEST_WAIT else min(self._wait * 2, LONGEST_WAIT)
        log.warning("the job process ended with code %s, the next starts in %.0f s", code, self._wait)
        return self._wait


def environment() -> dict[str, str]:
    """Ours without the web's limits: a job may take its time. Two connections are enough for it."""
    ours = {name: value for name, value in os.environ.items() if name != "DB_OPTIONS"}
    return {**ours, "DB_POOL_MAX": env.text("JOBS_DB_POOL_MAX", "2")}


def live_with_parent() -> None:
    """Runs at low priority, and ends when the process at the other end of standard input is gone, however it went."""
    os.nice(10)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # nothing comes; it returns empty when the other end closes
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_CALL_SECONDS)
    os._exit(1)
