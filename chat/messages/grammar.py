"""What counts as formatting in a message: Markdown, cut down to what people mean when they write to each other.

CommonMark is made for documents. In a talk its finer rules take away what somebody typed (`2*3*4`, `¯\\_(ツ)_/¯`,
`f***`, `1. Mai`), so each rule here is CommonMark's own, asked only where a person would agree.
"""

from __future__ import annotations

import re

from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.blockquote import blockquote
from markdown_it.rules_block.list import list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, linkify
from markdown_it.token import Token

DEEPEST = 6  # quotes and lists inside each other; deeper ones stay as typed
ITEM = re.compile(r"(?:([-*])|\d{1,9}([.)]))[ \t]+\S")
QUOTE = re.compile(r">[ \t]+\S")
FENCE = "```"
LABEL = re.compile(r"[\w+#.-]*\s*", re.ASCII)  # "```python": the language, which isn't shown
CODE = re.compile(r"(`{1,3})(?!`)([^\n]*?[^`\n])\1(?!`)")
LINK = re.compile(r"\[([^\[\]\n]+)\]\(((?:https?://|mailto:)[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\)", re.IGNORECASE)
# Of bounded length: every "www." is tried as the beginning of one.
TOP_LEVEL = r"[^\W\d_]{2,63}"
HOST = rf"^(?:[\w-]{{1,63}}\.){{1,9}}{TOP_LEVEL}(?::\d{{1,5}})?"
SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])https?$", re.IGNORECASE)
ADDRESS = re.compile(r"://|\w\.\w{2}|@")
LONGEST_RUN = {"*": 3, "_": 1, "~": 2}


class Parser(MarkdownIt):
    """Shows addresses as they were typed. Decoded, `xn--80ak6aa92e.com` would look like apple.com."""

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        return link


def make_parser() -> MarkdownIt:
    """The parser of messages: it knows nothing but what is switched on here, and takes no HTML."""
    parser = Parser("zero", {"linkify": True, "maxNesting": 100})
    parser.linkify = _addresses()
    parser.block.ruler.at("fence", _fence, {"alt": ["paragraph", "blockquote", "list"]})
    parser.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "blockquote", "list"]})
    parser.block.ruler.at("list", _list, {"alt": ["paragraph"]})
    parser.inline.ruler.at("newline", _newline)
    parser.inline.ruler.at("backticks", _code)
    parser.inline.ruler.at("link", _link)
    parser.inline.ruler.at("linkify", _address)
    parser.inline.ruler.before("strikethrough", "as_typed", _as_typed)
    parser.core.ruler.after("block", "spaces", _keep_spaces)
    parser.enable(["fence", "blockquote", "list", "newline", "backticks", "strikethrough", "emphasis", "link"])
    parser.enable("linkify")
    return parser


def _addresses() -> LinkifyIt:
    """Addresses need `http://`, `https://` or `www.`, and mail an `@`: `main.rs` and `readme.md` are files."""
    found = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": True, "fuzzy_ip": False})
    found.add("www.", {"validate": re.compile(HOST + found.re["src_path"]), "normalize": _complete})
    return found.add("ftp:", None).add("//", None).tlds([TOP_LEVEL])


def _address(state: StateInline, silent: bool) -> bool:
    """An address by its "://". The library takes all that stands before it for the scheme (`www.a.examplehttps`), finds
    a shorter address there and never gets on.
    """
    return SCHEME.search(state.pending) is not None and linkify(state, silent)


def _complete(_: LinkifyIt, match: Match) -> None:
    match.url = f"https://{match.url}"


# --- Lines ----------------------------------------------------------------------------------------------------------


def _line(state: StateBlock, number: int) -> str:
    """The line, without what stands before it in a quote or a list."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Code between two fences. One that is never closed is no code, or it would swallow the rest of the message."""
    opening = _line(state, start)
    if not opening.startswith(FENCE) or "`" in opening[len(FENCE) :]:
        return False
    close = _closing_fence(state, start, end)
    if close is None or silent:
        return close is not None
    token = state.push("fence", "code", 0)
    token.content = _code_of(state, start, close)
    token.map = [start, close + 1]
    state.line = close + 1
    return True


def _closing_fence(state: StateBlock, start: int, end: int) -> int | None:
    """The number of the line that ends with the fence, remembering in vain searches: they would add up."""
    barren = state.env.setdefault("unclosed", {})
    if barren.get(end, start + 1) <= start:
        return None
    for number in range(start + 1, end):
        if state.sCount[number] < state.blkIndent and not state.isEmpty(number):
            return None
        if _line(state, number).rstrip().endswith(FENCE):
            return number
    barren[end] = start
    return None


def _code_of(state: StateBlock, start: int, close: int) -> str:
    """What stands between the fences; they may share their lines with it, as many people type them."""
    inner = state.getLines(start + 1, close, state.sCount[start], False)
    first = _line(state, start)[len(FENCE) :]
    last = state.getLines(close, close + 1, state.sCount[start], False).rstrip().removesuffix(FENCE)
    label = LABEL.fullmatch(first) and not last.strip() and inner
    return "\n".join(part for part in ("" if label else first, inner, last) if part.strip())


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines that begin with "> ". Unlike in CommonMark the next line without it is the answer, not the quote."""
    if state.level >= DEEPEST or not QUOTE.match(_line(state, start)):
        return False
    stop = start + 1
    while stop < end and _line(state, stop).startswith(">") and state.sCount[stop] >= state.blkIndent:
        stop += 1
    return _within(blockquote, state, start, stop, silent)


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Two items at least: a line that begins with "1." or "-" is most often a date or an aside."""
    marker = ITEM.match(_line(state, start))
    if state.level >= 2 * DEEPEST or marker is None:
        return False
    stop, items = _list_end(state, start, end, marker.groups())
    if items < 2 and not state.level:
        return False
    return _within(list_block, state, start, stop, silent)


def _list_end(state: StateBlock, start: int, end: int, kind: tuple[str | None, ...]) -> tuple[int, int]:
    """Where the list ends, and how many items it has: at the first line that is neither indented nor an item."""
    items = 1
    for number in range(start + 1, end):
        if state.isEmpty(number) or state.sCount[number] >= state.sCount[start] + 2:
            continue
        marker = ITEM.match(_line(state, number))
        if marker is None or marker.groups() != kind or state.sCount[number] < state.blkIndent:
            return number, items
        items += 1
    return end, items


def _within(rule: object, state: StateBlock, start: int, stop: int, silent: bool) -> bool:
    """CommonMark's own rule, which sees nothing after `stop`."""
    outer, state.lineMax = state.lineMax, stop
    try:
        return bool(rule(state, start, stop, silent))  # type: ignore[operator]
    finally:
        state.lineMax = outer


def _keep_spaces(state: StateCore) -> None:
    """Gives back what CommonMark drops: empty lines beyond the first, indentation, the numbers of items."""
    lines = state.src.split("\n")
    kept: list[Token] = []
    for token in state.tokens:
        token.block = False  # or the renderer puts line breaks of its own between the blocks
        if token.type == "list_item_open" and token.info:
            token.attrSet("value", token.info)
        if token.type == "inline" and token.level == 1 and token.map:
            first = lines[token.map[0]]
            token.content = first[: len(first) - len(first.lstrip())] + token.content
        if token.level == 0 and token.nesting >= 0 and token.map and kept:
            kept += [Token("hardbreak", "br", 0)] * (_empty_lines_before(lines, token.map[0]) - 1)
        kept.append(token)
    state.tokens = kept


def _empty_lines_before(lines: list[str], number: int) -> int:
    count = 0
    while count < number and not lines[number - count - 1].strip():
        count += 1
    return count


# --- Within a line --------------------------------------------------------------------------------------------------


def _newline(state: StateInline, silent: bool) -> bool:
    """A line break stays one, and the blanks around it stay."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


def _code(state: StateInline, silent: bool) -> bool:
    """Code between backticks on one line."""
    if state.src[state.pos] != "`":
        return False
    found = CODE.match(state.src, state.pos, state.posMax)
    run = _run(state, "`")
    if not silent and found is None:
        state.pending += "`" * run
    elif not silent and found is not None:
        inner = found[2]
        padded = len(inner) > 2 and inner[0] == inner[-1] == " " and inner.strip()
        state.push("code_inline", "code", 0).content = inner[1:-1] if padded else inner
    state.pos = found.end() if found else state.pos + run
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """`[words](https://...)`. Words that look like an address must be that address, or one could lead people astray."""
    found = LINK.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "[" else None
    if found is None or state.linkLevel or (ADDRESS.search(found[1]) and found[1].strip() not in found[2]):
        return False
    address = state.md.normalizeLink(found[2])
    if not state.md.validateLink(address):
        return False
    if not silent:
        _push_link(state, address, found)
    state.pos = found.end()
    return True


def _push_link(state: StateInline, address: str, found: re.Match[str]) -> None:
    state.push("link_open", "a", 1).attrs = {"href": address}
    outer, state.posMax, state.pos = state.posMax, found.end(1), found.start(1)
    state.linkLevel += 1
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    state.posMax = outer
    state.push("link_close", "a", -1)


def _run(state: StateInline, marker: str) -> int:
    rest = state.src[state.pos : state.posMax]
    return len(rest) - len(rest.lstrip(marker))


def _as_typed(state: StateInline, silent: bool) -> bool:
    """Stars, underscores and tildes that mean themselves: 2*3*4, f***, __init__, :-*kiss, ¯\\_(ツ)_/¯."""
    marker = state.src[state.pos]
    if marker not in LONGEST_RUN:
        return False
    run = _run(state, marker)
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[state.pos + run : state.pos + run + 1] or " "
    if run <= LONGEST_RUN[marker] and not _is_inside_a_word(before, after):
        return False
    if not silent:
        state.pending += marker * run
    state.pos += run
    return True


def _is_inside_a_word(before: str, after: str) -> bool:
    """Only of letters that are written with spaces between words: Chinese and Thai have none."""
    joined = before.isascii() and (before.isalnum() or before in ":;=-")
    return before == "\\" or (joined and after.isascii() and after.isalnum())
