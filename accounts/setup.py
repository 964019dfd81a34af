"""The code that proves who put the site on its server, and may become its owner."""

import base64

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

GROUPS, LETTERS = 4, 5  # 20 letters of five bits


def setup_code() -> str:
    """SETUP_CODE, else a code that follows from SECRET_KEY: the same at every start, unknown to everybody else."""
    if settings.SETUP_CODE:
        return settings.SETUP_CODE
    digest = salted_hmac("accounts.setup", "owner", algorithm="sha256").digest()
    letters = base64.b32encode(digest).decode().lower()
    return "-".join(letters[i * LETTERS : (i + 1) * LETTERS] for i in range(GROUPS))


def is_setup_code(typed: str) -> bool:
    """Whether `typed` is the code; the time it takes doesn't tell how close it came."""
    return constant_time_compare(typed.strip(), setup_code())
