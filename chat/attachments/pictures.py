"""Somebody's picture, made anew by `decode.py` in a process of its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings

from chat.attachments.errors import BadPicture, FilesBusy, TooManyPixels

PATIENCE_SECONDS = 15.0  # that an upload waits for a free decoder
CPU_SECONDS = 10
WALL_SECONDS = 20.0
PROGRAM = Path(__file__).with_name("decode.py")

log = logging.getLogger(__name__)
places = threading.BoundedSemaphore(settings.ATTACHMENTS["DECODERS"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of ours. The files go when the `with` block of `remade` ends."""

    path: Path
    mime: str
    width: int
    height: int
    seconds: float | None = None  # of one round, if it moves
    thumbnail: Path | None = None


@contextmanager
def remade(source: BinaryIO) -> Iterator[Picture]:
    """The picture in `source`, an open file with a descriptor, made anew.

    Raises `TooManyPixels`, `BadPicture` for everything else that isn't a picture we know, however it was made, and
    `FilesBusy` when others kept the decoders busy for too long.
    """
    with TemporaryDirectory(prefix="picture-") as directory:
        yield _described(_run(source, directory), Path(directory))


def _run(source: BinaryIO, directory: str) -> dict:
    if not places.acquire(timeout=PATIENCE_SECONDS):
        raise FilesBusy
    try:
        source.seek(0)
        megabytes = settings.ATTACHMENTS["DECODER_MEGABYTES"]
        command = [sys.executable, "-I", str(PROGRAM), directory, str(megabytes), str(CPU_SECONDS)]
        # No environment: whoever takes the decoder over finds no key and no address of a database.
        done = subprocess.run(
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd=directory,
            timeout=WALL_SECONDS, check=False, close_fds=True, start_new_session=True,
        )  # fmt: skip
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # too slow, or ended by a limit or a crash before it could speak
        log.info("picture refused: the decoder didn't finish")
        raise BadPicture from None
    finally:
        places.release()


def _described(said: dict, directory: Path) -> Picture:
    if reason := said.get("refused"):
        log.info("picture refused: %s", reason)
        raise TooManyPixels if reason == "too_many_pixels" else BadPicture
    thumbnail = directory / "thumbnail" if said["thumbnail"] else None
    return Picture(
        path=directory / "picture", mime=said["mime"], width=said["width"], height=said["height"],
        seconds=said.get("seconds"), thumbnail=thumbnail,
    )  # fmt: skip
