"""Which usernames may exist, and when two of them are the same to the eye.

Source of the look-alike rule: Unicode Technical Standard 39 (confusables), data from the `confusable_homoglyphs`
package; of the mixed-script rule: its "highly restrictive" level.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from confusable_homoglyphs import categories, confusables
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible

from accounts.fields import fold

LONGEST = 32
PUNCTUATION = frozenset("._-")
# Letters and marks that print nothing, which their Unicode category doesn't tell.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in range(0xFE00, 0xFE10)
)
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
# Writing systems that are mixed in everyday life. Anything else mixed is a disguise.
ALPHABETS_TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
# I, l and 1, or O and 0, are one shape in many fonts, and "I" is the capital of "i".
SAME_SHAPE = str.maketrans({"i": "l", "1": "l", "0": "o"})

# fmt: off
ROLES = frozenset({
    "abuse", "admin", "administrator", "admins", "bot", "everyone", "help", "helpdesk", "here", "hostmaster",
    "info", "mail", "mailer-daemon", "mod", "moderation", "moderator", "moderators", "mods", "mychat", "noreply",
    "no-reply", "official", "operator", "owner", "postmaster", "root", "security", "service", "staff", "superuser",
    "support", "sysadmin", "sysop", "system", "team", "webmaster",
})
PLACES = frozenset({
    "account", "accounts", "activity", "api", "assets", "avatars", "demo", "desk", "favicon", "healthz", "login",
    "logout", "manage", "me", "media", "people", "privacy", "readyz", "rooms", "rules", "search", "settings",
    "setup", "signin", "signout", "signup", "static", "terms", "widget", "ws", "www",
})
# fmt: on
NOBODY = frozenset(
    {"nobody", "anonymous", "deleted", "guest", "none", "null", "undefined", "unknown", "user", "visitor", "you"}
)


@lru_cache(maxsize=4096)
def _prototype(char: str) -> str:
    """The Latin letter that `char` looks like, or `char`."""
    if char.isascii():
        return char
    found = confusables.is_confusable(char, greedy=True)
    if not found:
        return char
    lookalikes = (h["c"] for h in found[0]["homoglyphs"])
    return next((c for c in lookalikes if len(c) == 1 and c.isascii() and c.isalpha()), char)


def username_key(username: str) -> str:
    """What must be unique: `username` without case, compatibility forms and look-alike letters."""
    plain = unicodedata.normalize("NFKC", username.casefold()).casefold()
    return "".join(_prototype(char) for char in plain).casefold().translate(SAME_SHAPE)


def normalize(username: str) -> str:
    """`username` as it is stored: full-width letters, ligatures and the like become plain ones."""
    return unicodedata.normalize("NFKC", username).strip()


def is_invisible(char: str) -> bool:
    """Whether `char` prints nothing, or changes the order of what is around it."""
    return char in BLANK or unicodedata.category(char) in INVISIBLE_CATEGORIES


@deconstructible
class UsernameValidator:
    """Refuses invisible, misshapen and mixed-script names, each with its own sentence."""

    def __call__(self, value: object) -> None:
        name = str(value)
        for refuse in (_refuse_invisible, _refuse_misshapen, _refuse_mixed):
            refuse(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UsernameValidator)

    def __hash__(self) -> int:
        return hash(UsernameValidator)


def _refuse_invisible(name: str) -> None:
    if any(is_invisible(char) for char in name):
        raise ValidationError("A username can’t contain invisible characters.", code="invisible")


def _refuse_misshapen(name: str) -> None:
    kinds = [unicodedata.category(char)[0] for char in name]
    inside = all(kind in "LMN" or char in PUNCTUATION for kind, char in zip(kinds, name, strict=True))
    if not inside or name != unicodedata.normalize("NFKC", name) or not 1 <= len(name) <= LONGEST:
        raise ValidationError("Use 1 to 32 letters, digits, dots, dashes or underscores.", code="shape")
    if kinds[0] not in "LN" or kinds[-1] not in "LMN":
        raise ValidationError("Begin and end with a letter or a digit.", code="ends")
    if "MMM" in "".join(kinds):
        raise ValidationError("That’s too many accents on one letter.", code="accents")


def _refuse_mixed(name: str) -> None:
    alphabets = categories.unique_aliases(name) - {"COMMON", "INHERITED"}
    if len(alphabets) > 1 and not any(alphabets <= together for together in ALPHABETS_TOGETHER):
        raise ValidationError(
            "Use letters of one alphabet only, so that nobody is taken for somebody else.", code="mixed"
        )


def refuse_reserved(name: str) -> None:
    """Raises `ValidationError` for names that would speak for the site, be an address of it, or mean nobody."""
    bare = _bare(name)
    if _bare(name.rstrip("0123456789")) in _keys(ROLES | {settings.SITE_NAME}):
        raise ValidationError(f"“{name}” is kept for the people who run this site.", code="role")
    if bare in _keys(PLACES):
        raise ValidationError(f"“{name}” is an address of this site.", code="place")
    if bare in _keys(NOBODY):
        raise ValidationError(f"“{name}” would read as if it were nobody in particular.", code="nobody")


def _bare(name: str) -> str:
    """`name` without its disguises: look-alikes, dots, dashes and blanks, "rn" for "m"."""
    return username_key(re.sub(r"[._\-\s]", "", normalize(name))).replace("rn", "m")


@lru_cache(maxsize=8)
def _keys(names: frozenset[str]) -> frozenset[str]:
    return frozenset(_bare(name) for name in names)


def alternatives(wanted: str, name: str) -> Iterator[str]:
    """Usernames close to `wanted`, nearest first, made with the person's own `name`. They may be taken.

    Easy to type on any keyboard: lower case, and of the name only what is left without accents.
    """
    words = [re.sub(r"[^a-z0-9]", "", fold(normalize(word))) for word in name.split()]
    last = words[-1] if len(words) > 1 else ""
    stem = normalize(wanted).casefold()[: LONGEST - 4]
    if last:
        yield f"{stem}.{last[0]}"
        yield f"{stem}{last[0]}"
        yield f"{stem}.{last}"[:LONGEST]
    for number in range(2, 100):
        yield f"{stem}{number}"
