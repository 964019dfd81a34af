"""Searching people as one types."""

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings
from redis import RedisError

from accounts.models import User
from chat.people import services
from tests.base import signed_in
from tests.factories import make_user
from tests.people.helpers import names

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(alice: User) -> None:
    """Names as they occur."""
    make_user("elise", display_name="Élise Fournier")
    make_user("tomas.o", display_name="Tomás Oliveira")
    make_user("am", display_name="Anne-Marie O’Brien")
    make_user("percent", display_name="100% Kwame_Mensah")
    make_user("wang", display_name="王伟")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("el", ["Élise Fournier"]),
        ("ÉLISE", ["Élise Fournier"]),
        ("fou él", ["Élise Fournier"]),
        ("  elise   fournier ", ["Élise Fournier"]),
        ("@tomas.o", ["Tomás Oliveira"]),
        ("o", ["Anne-Marie O’Brien", "Tomás Oliveira"]),
        ("anne-m", ["Anne-Marie O’Brien"]),
        ("marie", ["Anne-Marie O’Brien"]),
        ("brien", ["Anne-Marie O’Brien"]),
        ("mensah", ["100% Kwame_Mensah"]),
        ("王", ["王伟"]),
        ("ournier", []),
        ("%", []),
        ("_", []),
        ("100%", ["100% Kwame_Mensah"]),
        ("\\", []),
        ("'; drop table", []),
    ],
)
def test_each_typed_word_begins_a_word_of_the_name_or_username(
    alice: User, people: None, typed: str, found: list[str]
) -> None:
    assert names(signed_in(alice).get("/people/", {"q": typed})) == found


def test_renamed_people_are_found_by_their_new_name_only(alice: User, bob: User) -> None:
    bob.display_name = "Robert"
    bob.save()
    assert names(signed_in(alice).get("/people/?q=rob")) == ["Robert"]
    bob.username = "robert"
    bob.save()
    assert names(signed_in(alice).get("/people/?q=bob")) == []


def test_unlisted_and_closed_accounts_are_not_found(alice: User) -> None:
    make_user("hidden1", is_listed=False)
    make_user("hidden2", is_active=False)
    assert "Nobody matches “<bdi>hidden</bdi>”" in signed_in(alice).get("/people/?q=hidden").content.decode()


def test_the_field_keeps_what_was_typed(alice: User) -> None:
    assert 'value="&lt;Élise&quot;"' in signed_in(alice).get("/people/", {"q": '<Élise"'}).content.decode()


def test_a_search_that_is_one_too_many_gets_a_sentence_and_keeps_the_text(
    alice: User, eve: User, settings: Settings
) -> None:
    settings.LIMITS = {"SEARCHES_PER_MINUTE": 2}
    client = signed_in(eve)
    answers = [client.get("/people/?q=ali") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Please wait a minute" in answers[2].content.decode()
    assert 'value="ali"' in answers[2].content.decode()
    assert client.get("/people/").status_code == 200  # browsing goes on
    assert signed_in(alice).get("/people/?q=eve").status_code == 200  # and so do others


def test_searching_goes_on_without_a_cache(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def ill(*args: object, **kwargs: object) -> None:
        raise RedisError

    for name in ("add", "incr", "get_or_set"):
        monkeypatch.setattr(cache, name, ill)
    assert signed_in(alice).get("/people/?q=ali").status_code == 200


def test_the_limit_is_generous_enough_to_type(alice: User) -> None:
    assert configured.LIMITS["SEARCHES_PER_MINUTE"] >= 60


@pytest.mark.postgres
def test_postgres_can_search_and_page_by_index(alice: User) -> None:
    people = (User(username=f"p{n}", display_name=f"Person {n}", is_listed=n % 9 > 0) for n in range(3000))
    User.objects.bulk_create(people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read faster without any index
        assert "user_by_name" in services.directory(alice, after=services.Place("person 2", 1)).explain()
        cursor.execute("SET LOCAL enable_indexscan = off")
        assert "user_by_words" in services.directory(alice, text="zzz").explain()
