"""The rows that a page holds, whatever changes while pages of them are under way: in the browser's own engine."""

import pytest
from playwright.sync_api import Page

from tests.servers import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

# Steps on a `Rows`; "page" is a page that was read before, and arrives after, the steps inside it.
STEPS = """
async (steps) => {
  const { Rows } = await import("/static/js/rows.js");
  const rows = new Rows();
  const common = { created: "2026-01-01T00:00:00Z", sender: "a" };
  const quote = (seq) => seq && { reply: { seq, sender: "a", body: "as it was" } };
  const row = ([seq, rev = seq, reply]) => ({ ...common, seq, rev, body: `${seq}.${rev}`, ...quote(reply) });
  const run = async ([what, told, more, meanwhile = []]) => {
    if (what === "put") return rows.requote(rows.put(row(told)).row);
    const use = {
      older: (some) => rows.prepend(some),
      newer: (some) => rows.append(some, more),
      instead: (some) => rows.replace(some, more),
    }[what];
    await rows.expect(async () => {
      for (const step of meanwhile) await run(step);
      return told.map(row);
    }, use);
  };
  for (const step of steps) await run(step);
  const quotes = rows.all.map(({ reply }) => reply?.body).filter(Boolean);
  return [rows.all.map(({ seq, rev }) => [seq, rev]), rows.open, quotes];
}
"""


@pytest.mark.parametrize(
    ("steps", "held", "is_open"),
    [
        pytest.param(
            [["instead", [[5], [6]], False], ["put", [7]]], [[5, 5], [6, 6], [7, 7]], False, id="new ones follow"
        ),
        pytest.param([["instead", [[5], [6]], False], ["put", [5, 9]]], [[5, 9], [6, 6]], False, id="changes renew"),
        pytest.param([["instead", [[5, 9]], False], ["put", [5, 8]]], [[5, 9]], False, id="older versions don’t"),
        pytest.param(
            [["instead", [[5]], False], ["put", [3, 9]]], [[5, 5]], False, id="what is older than all isn’t taken in"
        ),
        pytest.param(
            [["instead", [[5]], False], ["older", [[3], [4]], None, [["put", [3, 9]]]]],
            [[3, 9], [4, 4], [5, 5]],
            False,
            id="a change that overtakes its page isn’t lost",
        ),
        pytest.param(
            [["instead", [[5]], True], ["put", [9]], ["newer", [[6], [7]], True]],
            [[5, 5], [6, 6], [7, 7]],
            True,
            id="an open end takes nothing from far below",
        ),
        pytest.param(
            [["instead", [[5]], True], ["newer", [[6], [7]], False, [["put", [8]], ["put", [6, 9]]]], ["put", [10]]],
            [[5, 5], [6, 9], [7, 7], [8, 8], [10, 10]],
            False,
            id="the last page joins what came live meanwhile",
        ),
        pytest.param(
            [["instead", [[90]], False], ["instead", [[5]], True, [["put", [91]]]], ["put", [92]]],
            [[5, 5]],
            True,
            id="other rows take the place of all",
        ),
    ],
)
def test_what_is_held_never_has_a_hole_nor_an_old_version(
    site: Site, page: Page, steps: list, held: list, is_open: bool
) -> None:
    page.goto(f"{site.url}/accounts/login/")
    assert page.evaluate(STEPS, steps)[:2] == [held, is_open]


def test_quotes_say_what_the_message_says_now(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/accounts/login/")
    steps = [["instead", [[5], [6, 6, 5], [7, 7, 2]], False], ["put", [5, 8]], ["put", [2, 9]]]
    assert page.evaluate(STEPS, steps)[2] == ["5.8", "2.9"]
