"""The search page and what the quick switcher asks."""

import re

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Message, Room
from chat.search.services import PAGE
from tests.base import signed_in
from tests.factories import make_user
from tests.search.helpers import index, make_group, say

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def hits(page: str) -> list[str]:
    """The hits of a page without their tags, each on a line of its own."""
    texts = re.findall(r'<p class="hit__text".*?</p>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in texts]


def test_a_hit_is_marked_and_leads_to_its_place(alice: User, bob: User, room: Room) -> None:
    say(room, bob, "before", "The <b>needle</b> & NEEDLE")
    page = signed_in(alice).get("/search/", {"q": "needle"}).content.decode()
    assert "The &lt;b&gt;<mark>needle</mark>&lt;/b&gt; &amp; <mark>NEEDLE</mark>" in page
    assert f'href="/r/{room.public_id}/?at=2"' in page


def test_formatting_is_left_out_where_there_is_some(alice: User, bob: User, room: Room) -> None:
    say(room, bob, "a **bold needle** here", "2 * needle ~ 4")
    assert hits(signed_in(alice).get("/search/?q=needle").content.decode()) == ["2 * needle ~ 4", "a bold needle here"]


def test_people_and_rooms_have_a_section(alice: User, bob: User) -> None:
    make_user("nora", display_name="Nora Needle")
    group = make_group("Needle <club>", alice, bob)
    page = signed_in(alice).get("/search/?q=needle").content.decode()
    assert "Nora Needle" in page
    assert f'href="/r/{group.public_id}/"' in page
    assert "Needle &lt;club&gt;" in page
    assert "No message has that." in page


def test_an_empty_page_explains_and_a_fruitless_one_says_so(alice: User) -> None:
    client = signed_in(alice)
    assert "from:@name" in client.get("/search/").content.decode()
    assert "Nothing found for “<bdi>&lt;zzz&gt;</bdi>”" in client.get("/search/", {"q": "<zzz>"}).content.decode()


@pytest.mark.parametrize("typed", ["before:soon", "has:fun", "x" * 201])
def test_a_refusal_is_a_sentence_on_the_page(alice: User, typed: str) -> None:
    answer = signed_in(alice).get("/search/", {"q": typed})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()


def test_what_makes_no_sense_is_left_out(alice: User, bob: User, room: Room) -> None:
    say(room, bob, "needle")
    answer = signed_in(alice).get("/search/", {"q": "needle", "has": "fun", "older": "x.y", "in": "\0"})
    assert hits(answer.content.decode()) == ["needle"]


def test_pages_lead_on_without_scripts_and_with_them(alice: User, bob: User, room: Room) -> None:
    say(room, bob, *[f"needle {number}" for number in range(PAGE + 5)])
    index()
    client = signed_in(alice)
    first = client.get("/search/?q=needle").content.decode()
    assert len(hits(first)) == PAGE
    older = re.search(r'href="(\?q=needle&amp;older=[^"]+)"', first)
    assert older is not None
    address = "/search/" + older[1].replace("&amp;", "&")
    second = client.get(address)
    assert hits(second.content.decode()) == [f"needle {number}" for number in range(4, -1, -1)]
    assert "Back to the newest" in second.content.decode()
    part = client.get(address, headers=HTMX).content.decode()
    assert hits(part) == hits(second.content.decode())
    assert "<main" not in part
    assert "older=" not in part


def test_fields_narrow_as_operators_do(alice: User, bob: User, room: Room) -> None:
    club = make_group("Club", alice, bob)
    say(room, bob, "needle here")
    say(club, bob, "needle there", "needle at https://example.com/")
    client = signed_in(alice)

    def asked(**fields: str) -> set[str]:
        return set(hits(client.get("/search/", {"q": "needle", **fields}).content.decode()))

    assert asked(**{"in": club.public_id}) == {"needle there", "needle at https://example.com/"}
    assert asked(has="link") == {"needle at https://example.com/"}
    assert asked(**{"from": "@alice"}) == set()
    assert asked(**{"in": room.public_id, "has": "link"}) == set()


def test_a_room_that_is_not_mine_has_no_name(alice: User, eve: User) -> None:
    secret = make_group("Secret plans", alice)
    page = signed_in(eve).get(f"/search/?in={secret.public_id}").content.decode()
    assert "Secret plans" not in page
    assert signed_in(alice).get(f"/search/?in={secret.public_id}").content.decode().count("Secret plans") == 1


def test_searches_of_all_kinds_are_counted_together(alice: User, settings: Settings) -> None:
    settings.LIMITS = {"SEARCHES_PER_MINUTE": 2}
    client = signed_in(alice)
    assert client.get("/people/?q=ali").status_code == 200
    assert client.get("/search/?q=ali").status_code == 200
    answer = client.get("/search/?q=ali")
    assert answer.status_code == 429
    assert "Please wait a minute" in answer.content.decode()
    assert client.get("/search/").status_code == 200  # nothing is asked
    small = client.get("/search/messages.json?q=ali")
    assert (small.status_code, small.json()["code"]) == (429, "slow_down")
    assert small["Retry-After"]


def test_the_switcher_gets_a_few_in_pieces(alice: User, bob: User, room: Room) -> None:
    say(room, bob, *[f"<i>needle</i> {number}" for number in range(7)])
    answer = signed_in(alice).get("/search/messages.json?q=needle").json()
    assert answer["more"] is True
    assert len(answer["messages"]) == 5
    newest = answer["messages"][0]
    message = Message.objects.get(seq=7)
    assert newest == {
        "room": room.public_id,
        "seq": 7,
        "title": "Bob",
        "sender": "Bob",
        "said": message.created_at.isoformat().replace("+00:00", "Z"),
        "url": f"/r/{room.public_id}/?at=7",
        "pieces": [["<i>", False], ["needle", True], ["</i> 6", False]],
    }


def test_the_switcher_hears_why_not(alice: User) -> None:
    answer = signed_in(alice).get("/search/messages.json?q=has:fun")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_query")
    assert signed_in(alice).get("/search/messages.json").json() == {"messages": [], "more": False}


def test_a_page_costs_the_same_number_of_queries_however_much_is_found(
    alice: User, bob: User, room: Room, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        say(make_group(f"Group {number}", alice, bob), bob, "needle", "needle again")
    say(room, bob, "needle")
    index()
    client = signed_in(alice)
    client.get("/search/?q=needle")
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        assert len(hits(client.get("/search/?q=needle").content.decode())) == 11
