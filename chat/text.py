"""What may be sent as text: the same rule for the socket, HTTP, imports and forms."""

import re
import unicodedata

from django.conf import settings

from accounts.usernames import BLANK
from chat.errors import BadText, BodyTooLong, EmptyBody

MAX_MARKS = 10  # the longest natural cluster has 8 combining marks (UAX 15 allows 30); more is "zalgo"
EMPTY_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def clean_body(body: str) -> str:
    """`body` without empty lines before and blanks after it; what is indented stays indented.

    Raises `EmptyBody`, `BodyTooLong` (over LIVE["BODY_CHARS"] characters or LIVE["BODY_BYTES"] bytes), or `BadText` for
    what can't be stored (NUL, lone surrogates) or is only meant to break other people's screens.
    """
    text = EMPTY_LINES.sub("", body.rstrip())
    if not any(_is_seen(char) for char in text):
        raise EmptyBody
    if len(text) > settings.LIVE["BODY_CHARS"]:
        raise BodyTooLong
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadText from error
    if size > settings.LIVE["BODY_BYTES"]:
        raise BodyTooLong
    if "\x00" in text or _piles_up(text):
        raise BadText
    return text


def _is_seen(char: str) -> bool:
    """Whether `char` leaves anything on a screen. A character newer than our tables (an emoji of next year) does."""
    return char not in BLANK and unicodedata.category(char) not in UNSEEN


def _piles_up(text: str) -> bool:
    """Whether more marks stand on one letter than any language needs. Invisible joiners between them don't help."""
    if text.isascii():
        return False
    run = 0
    for char in text:
        if char.isascii():
            run = 0
            continue
        category = unicodedata.category(char)
        run = run + 1 if category[0] == "M" else run if category == "Cf" else 0
        if run > MAX_MARKS:
            return True
    return False
