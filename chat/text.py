"""What may be sent as text: the same rule for the socket, HTTP, imports and forms."""

import unicodedata

from chat.errors import BadText, BodyTooLong, EmptyBody

MAX_CHARS = 4_000
MAX_BYTES = 16 * 1024
MAX_MARKS = 10  # the longest natural cluster has 8 combining marks (UAX 15 allows 30); more is "zalgo"


def clean_body(body: str) -> str:
    """`body` without blanks around it.

    Raises `EmptyBody`, `BodyTooLong` (over 4,000 characters or 16 KB), or `BadText` for what can't be stored (NUL,
    lone surrogates) or is only meant to break other people's screens.
    """
    text = body.strip()
    if not _visible(text):
        raise EmptyBody
    if len(text) > MAX_CHARS:
        raise BodyTooLong
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadText from error
    if size > MAX_BYTES:
        raise BodyTooLong
    if "\x00" in text or _piled_up(text):
        raise BadText
    return text


def _visible(text: str) -> bool:
    """Whether anything would be seen: zero-width and control characters alone are an empty message."""
    return any(unicodedata.category(char) not in {"Cc", "Cf", "Zs", "Zl", "Zp"} for char in text)


def _piled_up(text: str) -> bool:
    run = 0
    for char in text:
        run = run + 1 if not char.isascii() and unicodedata.combining(char) else 0
        if run > MAX_MARKS:
            return True
    return False
