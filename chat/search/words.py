"""Text as it is compared when somebody searches: without case, accents, width and markup, in any script.

`fold` goes letter by letter (a letter with its marks at a time), so that what was found in a folded text can be pointed
at in the original.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ELLIPSIS = "…"

# Marks that are left out when one types in a hurry. Those of other scripts are letters: か isn't が, and कि isn't क.
_ACCENTS = [
    *range(0x0300, 0x0370),  # Latin, Greek, Cyrillic
    *range(0x0483, 0x048A),
    *range(0x0591, 0x05C8),  # Hebrew points; its punctuation among them is no mark
    *range(0x0610, 0x061B),  # Arabic
    *range(0x064B, 0x0660),
    0x0670,
    *range(0x06D6, 0x06EE),
    *range(0x1AB0, 0x1B00),
    *range(0x1DC0, 0x1E00),
    *range(0x20D0, 0x2100),
    *range(0xFE00, 0xFE10),  # how a character is drawn
    *range(0xFE20, 0xFE30),
]
ACCENTS = frozenset(char for char in map(chr, _ACCENTS) if unicodedata.category(char)[0] == "M")
# What bold, italic, struck and code are written with, and the Arabic stretching of a line.
MARKUP = frozenset("*~`\u0640")
# Letters that no table of Unicode takes apart, and the many quotes, dashes and Arabic letters that mean one.
SAME = str.maketrans(
    {
        **dict(zip("øłđħŧıð", "oldhtid", strict=True)),
        **dict.fromkeys("‘’‚‛ʼ′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        **dict(zip("ىیکة", "ييكه", strict=True)),
    }
)


class Range(NamedTuple):
    """A part of a text: from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text, and for each of its characters where it came from."""

    text: str
    origins: list[Range]

    def find(self, term: str) -> Iterator[Range]:
        """Where in the original the folded `term` stands, from left to right, none over another."""
        at = self.text.find(term) if term else -1
        while at >= 0:
            end = at + len(term)
            yield Range(self.origins[at].start, self.origins[end - 1].end)
            at = self.text.find(term, end)


def fold(text: str) -> str:
    """`text` for searching: "Élise’s **Größe**" -> "elise's grosse". Blanks of any kind become single ones."""
    if text.isascii():
        return " ".join(text.lower().translate(_PLAIN).split())
    return fold_with_origins(text).text


def fold_with_origins(text: str) -> Folded:
    """The same, and where each character came from."""
    folded: list[str] = []
    origins: list[Range] = []
    for start, cluster in _clusters(text):
        for char in _fold_cluster(cluster):
            if char != " " or (folded and folded[-1] != " "):
                folded.append(char)
                origins.append(Range(start, start + len(cluster)))
    if folded and folded[-1] == " ":
        folded.pop()
        origins.pop()
    return Folded("".join(folded), origins)


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the marks that follow it, and where it begins."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not _extends(text[place]):
            yield start, text[start:place]
            start = place


def _extends(char: str) -> bool:
    """Whether `char` belongs to the one before it: a mark, a later part of a syllable, a narrow kana’s voicing."""
    if char < "\u0300":
        return False
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


@lru_cache(maxsize=20_000)
def _fold_cluster(cluster: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", cluster.casefold()).casefold())
    kept = "".join(" " if _is_blank(char) else char for char in plain if not _is_dropped(char))
    return unicodedata.normalize("NFC", kept).translate(SAME)


def _is_blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cc"


def _is_dropped(char: str) -> bool:
    return char in ACCENTS or char in MARKUP or unicodedata.category(char) == "Cf"


_PLAIN = {code: _fold_cluster(chr(code)) or None for code in range(128) if _fold_cluster(chr(code)) != chr(code)}


def matches(text: str, terms: Iterable[str]) -> list[Range]:
    """Where `text` has any of the folded `terms`, from left to right, those that touch joined."""
    folded = fold_with_origins(text)
    joined: list[Range] = []
    for found in sorted(found for term in terms for found in folded.find(term)):
        if joined and found.start <= joined[-1].end:
            joined[-1] = Range(joined[-1].start, max(joined[-1].end, found.end))
        else:
            joined.append(found)
    return joined


def without_markup(text: str) -> str:
    """`text` without the signs it was formatted with. What is found in it stays found: folding drops them too."""
    return "".join(char for char in text if char not in MARKUP)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a text on one line, and what in it is to be marked."""

    text: str
    marks: list[Range]

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked."""
        pieces, at = [], 0
        for start, end in self.marks:
            pieces += [(self.text[at:start], False), (self.text[start:end], True)]
            at = end
        return [piece for piece in (*pieces, (self.text[at:], False)) if piece[0]]


LENGTH = 160
NEAR = 72  # a first match before this is shown with everything before it,
LEAD = 40  # a later one with so many characters


def snippet(text: str, terms: Iterable[str]) -> Snippet:
    """About `LENGTH` characters of `text` around its first match, or from its beginning."""
    found = matches(text, terms)
    start = _word_start(text, found[0].start - LEAD) if found and found[0].start >= NEAR else 0
    end = _word_end(text, start + LENGTH)
    head, tail = ELLIPSIS if start else "", ELLIPSIS if end < len(text) else ""
    shift = len(head) - start
    marks = [Range(max(one.start, start) + shift, min(one.end, end) + shift) for one in found if one.start < end]
    line = "".join(" " if _is_blank(char) else char for char in text[start:end])
    return Snippet(head + line + tail, marks)


def _word_start(text: str, place: int) -> int:
    """The next beginning of a word from `place` on, if there is one near."""
    for near in range(place, min(place + LEAD // 2, len(text))):
        if text[near - 1].isspace():
            return near
    while _extends(text[place]):
        place -= 1
    return place


def _word_end(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    for near in range(place, place - LEAD // 2, -1):
        if text[near].isspace():
            return near
    while place < len(text) and _extends(text[place]):
        place += 1
    return place
