"""The HTML of a message, made once, when it is written.

Most messages are plain and have none: the page shows their `body` as text. Where there is formatting, the page's one
place for HTML takes what `render` made. It has no line breaks of its own, so `white-space: pre-wrap` may hold for it.
"""

import logging
import re
from html import unescape

import nh3
from django.utils.html import strip_tags
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from chat.messages.grammar import make_parser
from chat.messages.mentions import NOBODY, Mentioned, highlight

logger = logging.getLogger(__name__)

# Asked of every message that is sent: each way to format begins with one of a few characters, so that the search
# skips to the next of them without trying anything in between.
FORMATTED = re.compile(
    r"\*[^\s*]|_[^\s_]|~~|`|://|>[ \t]|@(?<=\w@)\w|www\.|WWW\.|\n[ \t]*(?:[-*]|\d{1,9}[.)])[ \t]", re.ASCII
)
ENDS = re.compile(r"<br>|</(?:p|li|blockquote|pre)>")  # where a line ends
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}

TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "li": {"value"}, "span": {"data-user"}}
CLASSES = {"span": {"mention"}}
LINK_REL = "noopener noreferrer nofollow"

_parser = make_parser()
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel=LINK_REL,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def render(body: str, mentioned: Mentioned = NOBODY) -> str:
    """`body` as HTML with its mentions marked, or "" where there is nothing to format or to mark.

    Never raises: a message is sent, whatever it says.
    """
    if not mentioned and not may_be_formatted(body):
        return ""
    try:
        return _formatted(body, mentioned)
    except Exception as error:  # noqa: BLE001 - a message nobody can format is still a message
        logger.error("A message could not be formatted: %s", type(error).__name__)
        return ""


def may_be_formatted(body: str) -> bool:
    """Whether `render` will look closer."""
    return FORMATTED.search(body) is not None


def text_of(html: str) -> str:
    """What `html` that `render` made says, without its formatting: for quotes and previews, which are text."""
    return unescape(strip_tags(ENDS.sub("\n", html))).strip()


def _formatted(body: str, mentioned: Mentioned) -> str:
    env: dict = {"mentioned": mentioned}
    tokens = _parser.parse(body, env)
    if not mentioned and all(_is_plain(token) for token in tokens):
        return ""
    return _cleaner.clean(_parser.renderer.render(tokens, _parser.options, env))


def _is_plain(token: Token) -> bool:
    return token.type in PLAIN and all(child.type in PLAIN for child in token.children or ())


def _line_break(*_: object) -> str:
    return "<br>"


def _code_block(_: RendererHTML, tokens: list[Token], index: int, *__: object) -> str:
    return f"<pre><code>{escapeHtml(tokens[index].content)}</code></pre>"


def _text(_: RendererHTML, tokens: list[Token], index: int, __: object, env: dict) -> str:
    return highlight(tokens[index].content, env["mentioned"])


_parser.add_render_rule("text", _text)
_parser.add_render_rule("softbreak", _line_break)
_parser.add_render_rule("hardbreak", _line_break)
_parser.add_render_rule("fence", _code_block)
