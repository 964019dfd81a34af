"""The directory: who is in it, in which order, page by page."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.people import services
from tests.base import signed_in
from tests.factories import make_user
from tests.people.helpers import around, arrive, names

pytestmark = pytest.mark.django_db


def all_pages(viewer: User, **question: str) -> list[list[str]]:
    """The names page by page, as a browser without scripts follows "Show more people"."""
    client, address, pages = signed_in(viewer), "/people/", []
    response = client.get(address, question)
    while True:
        pages.append(names(response))
        link = re.search(r'class="btn btn-soft" href="(\?[^"]*after=[^"]*)"', response.content.decode())
        if not link:
            return pages
        response = client.get(address + link[1].replace("&amp;", "&"))


def test_a_visitor_is_sent_to_sign_in(client: Client, alice: User) -> None:
    response = client.get("/people/")
    assert response.status_code == 302
    assert "next=/people/" in response["Location"]


def test_everybody_is_shown_by_name_whatever_the_accents(alice: User, bob: User, eve: User) -> None:
    make_user("z", display_name="Élise")
    make_user("y", display_name="zoë")
    assert names(signed_in(eve).get("/people/")) == ["Alice", "Bob", "Élise", "Eve", "zoë"]


def test_who_looks_finds_themselves_marked(alice: User) -> None:
    assert "<bdi>Alice</bdi> (you)" in signed_in(alice).get("/people/").content.decode()


def test_a_newcomer_who_is_alone_is_told_how_to_change_that(alice: User) -> None:
    assert "Nobody else is here yet" in signed_in(alice).get("/people/").content.decode()


@pytest.mark.parametrize("change", [{"is_listed": False}, {"is_active": False}])
def test_who_is_not_listed_or_closed_their_account_is_not_shown(alice: User, eve: User, change: dict) -> None:
    make_user("hidden", **change)
    assert names(signed_in(eve).get("/people/")) == ["Alice", "Eve"]


def test_pages_continue_without_doubles_or_holes(alice: User) -> None:
    for number in range(services.PAGE * 2):
        make_user(f"p{number}", password=None, display_name=f"Same Name {number % 3}")  # many of one name
    pages = all_pages(alice)
    assert [len(page) for page in pages] == [services.PAGE, services.PAGE, 1]
    everyone = list(User.objects.listed().by_name().values_list("display_name", flat=True))
    assert [name for page in pages for name in page] == everyone


def test_people_who_join_and_leave_meanwhile_shift_nothing(alice: User) -> None:
    people = [make_user(f"p{number}", password=None, display_name=f"M{number:03}") for number in range(60)]
    first = list(services.directory(alice))[: services.PAGE]
    make_user("early", display_name="A first")  # before what was shown
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    make_user("late", display_name="Z last")
    rest = list(services.directory(alice, after=services.Place.of(first[-1])))
    expected = [person.username for person in people[services.PAGE - 1 :]] + ["late"]
    assert [person.username for person in rest] == expected


def test_the_strip_shows_who_came_last_first_and_at_most_fifty(alice: User) -> None:
    people = [make_user(f"p{number}", password=None) for number in range(services.AROUND + 2)]
    arrive(*people, alice)
    response = signed_in(alice).get("/people/")
    assert around(response) == [person.username for person in reversed(people)][: services.AROUND]
    assert "53 members, 50 around now" in response.content.decode()


def test_only_those_around_can_be_asked_for(alice: User, bob: User, eve: User) -> None:
    arrive(bob)
    assert names(signed_in(alice).get("/people/?show=now")) == ["Bob"]
    assert names(signed_in(alice).get("/people/?show=now&q=eve")) == []
    assert "Nobody is around" in signed_in(bob).get("/people/?show=now").content.decode()


def test_only_those_who_joined_this_week_can_be_asked_for(alice: User, bob: User, eve: User) -> None:
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - timedelta(days=8))
    assert names(signed_in(eve).get("/people/?show=new")) == ["Alice", "Eve"]


@pytest.mark.parametrize(
    "nonsense",
    ["show=all", "after=x", "after=.", "after=1", "after=-1.a", "after=99999999999999999999.a", "after=%00", "q=%00",
     "after=1.%00", f"q={'a' * 200}", "q=%ff", "after=%D9%A1.a", "show=now&show=new&after="],
)  # fmt: skip
def test_nonsense_in_the_address_is_left_out(alice: User, bob: User, nonsense: str) -> None:
    assert signed_in(alice).get(f"/people/?{nonsense}").status_code == 200


def test_only_reading_is_possible(alice: User) -> None:
    assert signed_in(alice).post("/people/").status_code == 405


def test_a_page_of_many_costs_as_many_queries_as_a_page_of_one(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_user(f"p{number}", password=None) for number in range(60)]
    arrive(*people)
    client = signed_in(alice)
    client.get("/people/")  # the count of members is remembered
    with django_assert_num_queries(5):  # session, viewer, the page, whose presence shows, who is around
        client.get("/people/")


def test_htmx_gets_only_what_changes(alice: User, bob: User) -> None:
    part = signed_in(alice).get("/people/?q=bob", headers={"HX-Request": "true"})
    assert names(part) == ["Bob"]
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_htmx_that_restores_history_gets_the_whole_page(alice: User) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in signed_in(alice).get("/people/", headers=headers).content.decode()


def test_what_people_write_about_themselves_stays_text(alice: User, eve: User) -> None:
    User.objects.filter(pk=eve.pk).update(display_name="<b>Eve</b>", bio='"><script>alert(1)</script>')
    page = signed_in(alice).get("/people/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;Eve&lt;/b&gt;" in page
