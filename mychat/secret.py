"""The signing key: from the environment, else from a file that only this user can read."""

import os
import secrets
from pathlib import Path

from mychat import env


def load(path: Path) -> str:
    """SECRET_KEY, or the key kept at `path`, made on first use, so that a restart signs nobody out.

    Two processes that start at once agree: the file appears whole under its name or not at all.
    Where nothing can be written (a read-only build) the key lives as long as the process.
    """
    if key := env.text("SECRET_KEY"):
        return key
    try:
        return path.read_text().strip()
    except OSError:
        return _make(path)


def _make(path: Path) -> str:
    key = secrets.token_urlsafe(64)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key)
        os.link(draft, path)  # fails when another process was first
    except FileExistsError:
        return path.read_text().strip()
    except OSError:
        return key
    finally:
        draft.unlink(missing_ok=True)
    return key
