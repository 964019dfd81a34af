"""What one of several server processes knows of its parent (mychat/workers.py)."""

import contextlib
import os
import signal
import socket
import threading

from mychat import env

LINE = 0  # standard input is the line to the parent
PARENT = "SERVED_BY"  # in the environment: the parent's process id


def is_worker() -> bool:
    """Whether this process is one of several that a parent started."""
    return bool(env.text(PARENT))


def say_ready() -> None:
    """Tells the parent, if there is one, that this process serves."""
    if is_worker():
        with contextlib.suppress(OSError):
            os.write(LINE, b"r")


def end_with_parent() -> None:
    """A worker drains when its parent is gone, however it went: nobody would start it again, or stop it."""
    if is_worker():
        threading.Thread(target=_await_parents_end, daemon=True).start()


def _await_parents_end() -> None:
    with contextlib.suppress(OSError):
        os.read(LINE, 1)  # nothing is ever written: it returns when the other end closes
    os.kill(os.getpid(), signal.SIGTERM)


def host_of(listener: int) -> str | None:
    """The address that an inherited listener is bound to, None for a socket file."""
    with socket.socket(fileno=os.dup(listener)) as inherited:
        name = inherited.getsockname()
    return name[0] if isinstance(name, tuple) else None
