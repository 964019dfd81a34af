"""The browser's words of a formatted message are the server's."""

import pytest
from playwright.sync_api import Page

from chat.messages.markup import render, text_of
from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

BODIES = [
    "plain & simple < all > of it",
    "**bold** and *italic* & `code <b>`",
    "one\n- two\n- three\n\n1. four",
    "> quoted\n\nanswer “so” 'so' \"so\"",
    "see https://example.org/?a=1&b=2#c and mail me@example.org",
    "```\nif (a < b && c > d) { return '</p>'; }\n```",
    "~~gone~~ **<br>** &amp; &lt;",
]


def test_the_browsers_words_are_the_servers(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/login/")
    rows = [{"body": body, "html": render(body)} for body in BODIES]
    found = page.evaluate(
        """async (rows) => {
            const { plain } = await import("/static/js/plain.js");
            return rows.map((row) => plain(row));
        }""",
        rows,
    )
    assert [lines(text) for text in found] == [
        lines(text_of(row["html"]) if row["html"] else row["body"]) for row in rows
    ]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
