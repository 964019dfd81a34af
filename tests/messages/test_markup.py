"""What becomes formatting and what stays as it was typed, and that nothing else ever comes out."""

import time
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.messages import markup
from chat.messages.markup import ATTRIBUTES, FORMATTED, LINK_REL, TAGS, render, text_of
from chat.messages.mentions import Mentioned

pytestmark = pytest.mark.unit

TIME_LIMIT = 2.0  # seconds for one message, a hundred times what the slowest of them takes


@pytest.fixture(autouse=True, scope="module")
def _nothing_goes_wrong_in_silence() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markup.logger, "error", pytest.fail)
        yield


class Page(HTMLParser):
    """What a browser would make of the HTML: its text, its tags and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, name: str) -> list[str]:
        return [value for _, one, value in self.attributes if one == name]


@pytest.mark.parametrize(
    "body",
    [
        "Hello! Shall we meet at nine - or is it too early?",
        "2 * 3 * 4",
        "2*3*4 and 2**8**2",
        "snake_case_name and __init__.py and _",
        ":-*",
        "hi :-*kiss:-*",
        "1. Mai",
        "We meet on\n24. Dezember",
        "- an aside",
        "* their, not there",
        "*their",
        "# not a heading",
        "A title\n=======",
        "---",
        ">_< no, >:(",
        "> ",
        "¯\\_(ツ)_/¯",
        "what the f*** was that ****",
        "~5 and ~10",
        "main.rs, readme.md and e.g.this",
        "@alice and @bob",
        "<b>bold</b> & <script>alert(1)</script>",
        "&lt;b&gt; &amp;",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "[a]: https",
        "    indented",
        "```\nnever closed",
        "https:// and http://",
        "[click](javascript:alert(1))",
        "[click](//evil.example)",
    ],
)
def test_text_without_formatting_stays_untouched(body: str) -> None:
    assert render(body) == ""


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*one* _two_", "<p><em>one</em> <em>two</em></p>"),
        ("**one** ~~two~~", "<p><strong>one</strong> <s>two</s></p>"),
        ("**Note:** this", "<p><strong>Note:</strong> this</p>"),
        ("这是**重要**的", "<p>这是<strong>重要</strong>的</p>"),
        ("run `a *b* <c>`", "<p>run <code>a *b* &lt;c&gt;</code></p>"),
        ("```python\nx = 1\n    y\n```", "<pre><code>x = 1\n    y</code></pre>"),
        ("```x = 1\n  y```", "<pre><code>x = 1\n  y</code></pre>"),
        ("> asked\nanswered", "<blockquote><p>asked</p></blockquote><p>answered</p>"),
        ("> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("Buy:\n- milk\n- eggs\nbye", "<p>Buy:</p><ul><li>milk</li><li>eggs</li></ul><p>bye</p>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("1. Mai\n24. Dezember", '<ol><li value="1">Mai</li><li value="24">Dezember</li></ol>'),
        ("a\n  b *c*  d", "<p>a<br>  b <em>c</em>  d</p>"),
        ("a\n\n\n\n*b*", "<p>a</p><br><br><p><em>b</em></p>"),
        ("  *a*", "<p>  <em>a</em></p>"),
        ("<i>x</i> *y*", "<p>&lt;i&gt;x&lt;/i&gt; <em>y</em></p>"),
    ],
)
def test_formatting(body: str, html: str) -> None:
    assert render(body) == html


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("see https://a.example/x_y_z.", ["https://a.example/x_y_z"]),
        ("(https://a.example/wiki/A_(b))", ["https://a.example/wiki/A_(b)"]),
        ("www.a.example or me@a.example", ["https://www.a.example", "mailto:me@a.example"]),
        ("[words](https://a.example/?q=1&r=2)", ["https://a.example/?q=1&r=2"]),
        ("[a.example](https://a.example)", ["https://a.example"]),
        ("![picture](https://a.example/p.png)", ["https://a.example/p.png"]),
        ("`https://a.example` *x*", []),
        ("ftp://a.example *x* file:///etc/passwd", []),
    ],
)
def test_links(body: str, links: list[str]) -> None:
    page = Page(render(body))

    assert page.of("href") == links
    assert page.of("rel") == [LINK_REL] * len(links)
    assert page.of("target") == ["_blank"] * len(links)
    assert "img" not in page.tags


def test_a_link_does_not_pretend_to_lead_elsewhere() -> None:
    page = Page(render("[https://bank.example](https://evil.example)"))

    assert page.of("href") == ["https://bank.example", "https://evil.example"]
    assert page.text == "[https://bank.example](https://evil.example)"


def test_an_address_is_shown_as_it_was_typed() -> None:
    assert Page(render("https://xn--80ak6aa92e.com/%61")).text == "https://xn--80ak6aa92e.com/%61"


HOSTILE = [
    "<script>alert(1)</script> *x*",
    "*<img src=x onerror=alert(1)>*",
    "[x](javascript:alert(1)) *x*",
    "[x](JaVaScRiPt:alert(1)) *x*",
    "[x](data:text/html;base64,PHNjcmlwdD4=) *x*",
    "[x](vbscript:x) *x*",
    '[x](https://a.example/"onmouseover="alert(1)) *x*',
    "[x](https://a.example/'><svg/onload=alert(1)>) *x*",
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/"><script>alert(1)</script>',
    "https://user:password@a.example/ *x*",
    "`</code><script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "> <blockquote onclick=x>\n> *x*",
    "- <li onclick=x>\n- *x*",
    "mailto:a@b.example?subject=<script> *x*",
    "&#60;script&#62; *x*",
    "\\<script\\> *x*",
    "[x]: javascript:alert(1)\n\n[x] *x*",
    "<https://a.example> <javascript:alert(1)> *x*",
    "*x*\x01\x02\u202e\u2028\ufeff",
    "[*x*](https://a.example)[y](https://b.example)",
    "[[x](https://a.example)](https://b.example)",
]
LONG = [
    "*", "_", "~~", "`", "[", "]", "(", ">", "> ", "- ", "-", "1. ", "\n", "* ", "**a", "*a ", "*a **b ", "_a_ ",
    "`` ` ", "[a](", "[a](https://a.b/(", "https://", "www.", "www.a.b/", "a@b.", "://", "a.", "- a\n", "> a\n",
    "- a\n\n", "> - a\n", "- a\n1. b\n", "```\n", "```a\n", "- ```\n", "> ```\n", "1. a\n2) b\n", "- a\n\nb\n", "&",
    "<", "http://a ", "\\", "*_~~`", "https://a-", "[x](mailto:a@b.c)", "~~a ~~ ",
]  # fmt: skip


def check(html: str) -> Page:
    page = Page(html)
    assert page.tags <= TAGS
    for tag, name, value in page.attributes:
        allowed = ATTRIBUTES.get(tag, set()) | ({"rel", "target"} if tag == "a" else set())
        assert name in allowed
        if name == "href":
            assert value.lower().startswith(("http://", "https://", "mailto:"))
        elif name in {"start", "value"}:
            assert value.isdigit()
    return page


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_text_brings_nothing_but_formatting(body: str) -> None:
    check(render(body))


@pytest.mark.parametrize("piece", LONG)
def test_a_long_message_is_formatted_in_bounded_time(piece: str) -> None:
    start = time.process_time()
    for body in (piece * (4000 // len(piece)), "*x* " + piece * (3996 // len(piece))):
        check(render(body))

    assert time.process_time() - start < TIME_LIMIT


@pytest.mark.parametrize("step", ["> ", "- a\n{indent}", "1. a\n{indent}"])
def test_deep_nesting_keeps_its_words(step: str) -> None:
    body = "".join(step.format(indent="   " * depth) for depth in range(1, 60)) + "*bottom*\n- x\n- y"

    assert "bottom" in (check(render(body)).text or body)


WORDS = [f"wört{number}" for number in range(40)]
PIECES = [
    "*", "**", "_", "__", "~~", "~", "`", "```", "> ", ">", "- ", "* ", "1. ", "22) ", "\n", "\n\n", " ", "  ", "    ",
    "[", "](", ")", "(", "https://a.example/", "www.a.example", "me@a.example", "<", ">", "&amp;", "\\", "!", "#", ":",
    ".", "<b>", "|", "---", "\t", "é", "字", "@",
]  # fmt: skip


@st.composite
def talk(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A message put together from everything that means something, and the words in it, each once."""
    words = iter(WORDS)
    used, parts = [], []
    for piece in draw(st.lists(st.sampled_from([*PIECES, "WORD", "WORD", "WORD"]), max_size=60)):
        if piece == "WORD" and len(used) < len(WORDS):
            used.append(next(words))
            parts.append(used[-1])
        elif piece != "WORD":
            parts.append(piece)
    return "".join(parts), used


@given(talk())
def test_every_word_stays_in_its_order(message: tuple[str, list[str]]) -> None:
    body, words = message
    html = render(body)
    text = check(html).text if html else body

    places = [text.find(word) for word in words]
    assert -1 not in places
    assert places == sorted(places)


@given(talk())
def test_what_the_quick_look_lets_through_is_plain(message: tuple[str, list[str]]) -> None:
    """The regular expression may ask too often, never too seldom: behind a word in italics it always asks."""
    body, _ = message
    if FORMATTED.search(body) is None and "\n" not in body:
        assert render("*x* " + body) == f"<p><em>x</em>{escaped(' ' + body)}</p>"


def escaped(text: str) -> str:
    return text.rstrip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(st.text(max_size=400))
def test_any_text_can_be_formatted(body: str) -> None:
    check(render(body))
    check(render("**" + body + "** https://a.example/" + body))


def test_a_mention_is_marked_where_it_is_text() -> None:
    named = Mentioned({"bob": (1, "BobsId")})

    html = render("**@Bob** `@bob` https://example.org/@bob @eve", named)

    assert html.count('<span class="mention" data-user="BobsId">@Bob</span>') == html.count("mention") == 1


def test_a_plain_message_with_a_mention_has_html() -> None:
    named = Mentioned(everyone=True)

    assert render("soup, @everyone <3", named) == (
        '<p>soup, <span class="mention" data-user="everyone">@everyone</span> &lt;3</p>'
    )
    assert render("soup, @everyone <3") == ""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("**hope** and `code` & more", "hope and code & more"),
        ("one\n- two\n- three", "one\ntwo\nthree"),
        ("> quoted\nanswer", "quoted\nanswer"),
        ("see https://example.org?a=1&b=2", "see https://example.org?a=1&b=2"),
        ("**<b>**", "<b>"),
    ],
)
def test_the_text_of_what_was_formatted(body: str, text: str) -> None:
    lines = [line.strip() for line in text_of(render(body)).splitlines()]
    assert [line for line in lines if line] == text.split("\n")


def test_addresses_without_anything_between_them_are_no_trap() -> None:
    body = "www.a.example" * 6 + "https://a.example/"

    assert text_of(render(body)) in {"", body}
