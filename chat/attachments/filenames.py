"""Names of files: shown to others, and offered when they save the file. Never used on our own disk."""

import os
import re
import unicodedata

LONGEST = 150  # bytes: file systems take 255, and some write more after it
EXTENSION = 16
UNNAMED = "file"
# Controls, invisible joiners and what turns the direction of writing, so that "gpj.exe" can't be read as "exe.jpg".
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')  # by one file system or another
SUFFIXES = {"image/jpeg": ".jpg", "image/webp": ".webp"}
SAME = {".jpg": (".jpg", ".jpeg", ".jpe", ".jfif")}


def clean_name(name: str) -> str:
    """`name` without folders, invisible characters and what file systems refuse; at most LONGEST bytes.

    A file never begins with a dot, which would hide it, and what is left of no name at all is "file".
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char) not in UNSEEN)
    plain = " ".join(FORBIDDEN.sub("_", seen).split()).strip(". ")
    return _shortened(plain) or UNNAMED


def named_after(name: str, mime: str) -> str:
    """`name` with the ending of what the file is now."""
    stem, ending = os.path.splitext(name)
    suffix = SUFFIXES[mime]
    return name if ending.lower() in SAME.get(suffix, (suffix,)) else _shortened(f"{stem}{suffix}")


def _shortened(name: str) -> str:
    """At most LONGEST bytes of `name`, its ending among them."""
    if len(name.encode()) <= LONGEST:
        return name
    stem, ending = os.path.splitext(name)
    if len(ending) > EXTENSION:
        stem, ending = name, ""
    room = LONGEST - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending
