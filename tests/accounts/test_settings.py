"""The settings page and its small forms."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts import services
from accounts.models import Block, User
from tests.accounts.conftest import Heard
from tests.base import signed_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

PROFILE = {"display_name": "Alice", "username": "alice", "bio": "", "status_text": "", "time_zone": ""}
AUDIENCES = {"presence_audience": "everyone", "write_audience": "everyone", "last_seen_audience": "shared"}
FORMS = ["profile", "avatar", "avatar/remove", "privacy", "appearance", "sessions/end", "sessions/end-others"]


@pytest.fixture
def save(alice: User) -> Callable[..., HttpResponse]:
    """Sends Alice's profile form; keyword arguments change fields."""
    browser = signed_in(alice)
    return lambda **changes: browser.post("/me/profile/", PROFILE | changes)


def sign_in(user: User, agent: str = "") -> Client:
    """A browser that came in by the sign-in page, so that it is on the list of sessions."""
    browser = Client(headers={"user-agent": agent})
    browser.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return browser


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", *(f"{form}/" for form in FORMS)])
def test_a_stranger_is_sent_to_sign_in(client: Client, db: None, path: str) -> None:
    for answer in (client.get(f"/me/{path}"), client.post(f"/me/{path}")):
        assert answer.url == f"/accounts/login/?next=/me/{path}"


@pytest.mark.parametrize("form", FORMS)
def test_a_reload_of_a_forms_address_leads_to_the_page(alice: User, form: str) -> None:
    assert signed_in(alice).get(f"/me/{form}/").url.startswith("/me/#")


def test_a_form_from_another_site_is_refused(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post("/me/profile/", PROFILE | {"display_name": "Mallory"}).status_code == 403
    assert User.objects.get(pk=alice.pk).name == "Alice"


def test_the_page_asks_few_questions(alice: User, django_assert_max_num_queries: Callable[[int], object]) -> None:
    browser = sign_in(alice)
    with django_assert_max_num_queries(9):
        assert browser.get("/me/").status_code == 200


# --- Profile ----------------------------------------------------------------------------------------------------------


def test_a_profile_is_saved_with_what_is_computed_from_it(alice: User, save: Callable[..., HttpResponse]) -> None:
    answer = save(
        display_name=" Élise  Frost ", username="Elise", bio="One\r\ntwo", status_text="reading", time_zone="Asia/Tokyo"
    )
    assert answer.url == "/me/?saved=profile#profile"
    alice.refresh_from_db()
    assert (alice.name, alice.username, alice.username_key) == ("Élise Frost", "Elise", "ellse")
    assert (alice.bio, alice.status_text, alice.zone.key) == ("One\ntwo", "reading", "Asia/Tokyo")
    assert alice.name_key == "elise frost"
    assert " elise" in alice.search_text


def test_a_line_break_counts_as_one_character(alice: User, save: Callable[..., HttpResponse]) -> None:
    assert save(bio="\r\n".join(["x"] * 120) + "y").status_code == 302
    assert len(User.objects.get(pk=alice.pk).bio) == 240


def test_saving_says_so(alice: User) -> None:
    assert b"Saved" in signed_in(alice).get("/me/?saved=profile").content
    assert b"Saved" not in signed_in(alice).get("/me/?saved=everything").content


def test_one_may_keep_ones_own_name_and_change_its_case(alice: User, save: Callable[..., HttpResponse]) -> None:
    assert save().status_code == 302
    assert save(username="ALICE").status_code == 302
    assert User.objects.get(pk=alice.pk).username == "ALICE"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("display_name", "", "Please enter a name."),
        ("display_name", "\u200d", "Please enter a name that people can see."),
        ("username", "bob", "“bob” is taken. “bob.n” and “bobn” are free."),
        ("username", "b0b", "“b0b” looks like “bob”, which is taken. “b0b.n” and “b0bn” are free."),
        ("username", "admin", "“admin” is kept for the people who run this site."),
        ("bio", "x" * 241, "Ensure this value has at most 240 characters (it has 241)."),
        ("bio", "a\x00b", "Null characters are not allowed."),
        ("status_text", "a\u202eb", "This can’t contain invisible characters."),
        ("time_zone", "Mars/Olympus", "Select a valid choice. Mars/Olympus is not one of the available choices."),
        ("time_zone", "../etc/passwd", "Select a valid choice. ../etc/passwd is not one of the available choices."),
    ],
)
def test_a_mistake_gets_its_sentence_and_the_rest_is_kept(
    bob: User, alice: User, save: Callable[..., HttpResponse], field: str, value: str, sentence: str
) -> None:
    answer = save(**{"display_name": "Typed name", "status_text": "typed status", field: value})
    assert answer.status_code == 422
    assert answer.context["profile"].errors[field] == [sentence]
    assert ("Typed name" in answer.content.decode()) or field == "display_name"
    alice.refresh_from_db()
    assert (alice.name, alice.username, alice.status_text) == ("Alice", "alice", "")


def test_a_name_taken_between_check_and_saving_is_a_sentence(
    alice: User, bob: User, save: Callable[..., HttpResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "check_username", lambda username, **_: username)
    answer = save(username="bob")
    assert answer.status_code == 422
    assert answer.context["profile"].errors["username"] == ["“bob” is taken. “bob2” and “bob3” are free."]
    assert 'href="/people/@bob' not in answer.content.decode()
    assert User.objects.get(pk=alice.pk).username == "alice"


def test_nothing_but_a_profile_is_changed_by_it(alice: User) -> None:
    with pytest.raises(TypeError, match="is_superuser"):
        services.change_profile(user=alice, is_superuser="1")


def test_a_save_does_not_undo_what_happened_meanwhile(alice: User) -> None:
    read_before = User.objects.get(pk=alice.pk)
    services.deactivate(user=alice)
    services.change_profile(user=read_before, display_name="Alicia")
    fresh = User.objects.get(pk=alice.pk)
    assert (fresh.name, fresh.is_active, fresh.access_epoch) == ("Alicia", False, 1)


# --- Privacy and appearance -------------------------------------------------------------------------------------------


def test_privacy_is_saved(alice: User) -> None:
    audiences = {"presence_audience": "nobody", "write_audience": "shared", "last_seen_audience": "everyone"}
    answer = signed_in(alice).post("/me/privacy/", audiences | {"gives_typing": "on"})
    assert answer.url == "/me/?saved=privacy#privacy"
    alice.refresh_from_db()
    assert (alice.is_listed, alice.gives_receipts, alice.gives_typing) == (False, False, True)
    assert {name: getattr(alice, name) for name in audiences} == audiences


@pytest.mark.parametrize("field", AUDIENCES)
def test_an_audience_that_is_none_is_refused(alice: User, field: str) -> None:
    answer = signed_in(alice).post("/me/privacy/", AUDIENCES | {"is_listed": "on", field: "mallory"})
    assert answer.status_code == 422
    assert getattr(User.objects.get(pk=alice.pk), field) == getattr(User(), field)


def test_what_was_chosen_anew_is_announced_once_it_is_certain(alice: User, chosen: list[frozenset[str]]) -> None:
    with transaction.atomic():
        services.change_privacy(user=alice, write_audience="nobody", gives_typing=True)
        assert chosen == []
    services.change_privacy(user=alice, gives_receipts=False)
    assert chosen == [{"write_audience"}, {"gives_receipts"}]


def test_only_privacy_is_changed_that_way(alice: User) -> None:
    with pytest.raises(TypeError):
        services.change_privacy(user=alice, is_staff=True)


def test_whom_one_blocked_one_finds_and_unblocks(alice: User, bob: User) -> None:
    Block.objects.create(blocker=alice, blocked=bob)
    page = signed_in(alice).get("/me/").content.decode()
    assert "/people/@bob/block/" in page

    answer = signed_in(alice).post("/people/@bob/block/", {"next": "/me/#privacy"})
    assert answer.url == "/me/#privacy"
    assert not Block.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_form_leads_nowhere_else(alice: User, bob: User, elsewhere: str) -> None:
    assert signed_in(alice).post("/people/@bob/block/", {"next": elsewhere}).url == "/people/@bob/"


def test_who_takes_no_messages_shows_themselves_to_nobody(alice: User, hidden: list[User]) -> None:
    services.change_privacy(user=alice, write_audience="nobody")
    assert hidden == [alice]
    services.change_privacy(user=alice, write_audience="everyone")
    assert hidden == [alice]


WIDEST_FIRST = [(True, "everyone"), (True, "shared"), (False, "nobody")]


def test_a_narrower_audience_is_announced_and_a_wider_one_is_not(alice: User, hidden: list[User]) -> None:
    browser = signed_in(alice)

    def choose(listed: bool, audience: str) -> int:
        hidden.clear()
        choices = AUDIENCES | {"presence_audience": audience} | ({"is_listed": "on"} if listed else {})
        browser.post("/me/privacy/", choices)
        assert set(hidden) <= {alice}
        return len(hidden)

    assert [choose(*choice) for choice in WIDEST_FIRST] == [0, 1, 1]
    assert [choose(*choice) for choice in reversed(WIDEST_FIRST)] == [0, 0, 0]
    assert choose(False, "everyone") == 1  # out of the directory, strangers see it no longer
    assert choose(False, "shared") == 0  # which made no difference


def test_a_narrower_audience_is_announced_once_it_is_certain(alice: User, hidden: list[User]) -> None:
    with transaction.atomic():
        services.change_privacy(user=alice, is_listed=True, presence_audience="nobody")
        assert hidden == []
    assert hidden == [alice]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_in_this_browser(alice: User, theme: str) -> None:
    browser = signed_in(alice)
    browser.post("/me/appearance/", {"theme": theme})
    assert f'data-theme="{theme}"' in browser.get("/me/").content.decode()
    browser.post("/me/appearance/", {"theme": "system"})
    assert "data-theme=" not in browser.get("/me/").content.decode()


def test_how_keys_work_is_ones_own_and_on_every_page(alice: User, bob: User) -> None:
    browser = signed_in(alice)
    browser.post("/me/appearance/", {"theme": "system"})  # what isn’t ticked isn’t sent

    page = browser.get("/people/").content.decode()

    assert 'data-enter="line"' in page
    assert 'data-letter-keys="off"' in page
    assert "data-enter" not in signed_in(bob).get("/people/").content.decode()
    browser.post("/me/appearance/", {"theme": "system", "enter_sends": "on", "letter_keys": "on"})
    assert "data-letter-keys" not in browser.get("/people/").content.decode()


def test_a_theme_that_is_none_is_refused(alice: User) -> None:
    answer = signed_in(alice).post("/me/appearance/", {"theme": 'dark"><script>'})
    assert answer.status_code == 422
    assert "theme" not in answer.cookies


# --- Where one is signed in -------------------------------------------------------------------------------------------


def test_the_page_lists_where_one_is_signed_in(alice: User, bob: User) -> None:
    sign_in(bob, "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537")
    sign_in(alice, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Mobile Safari/604")
    here = sign_in(alice, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    sessions = here.get("/me/").context["sessions"]
    assert [session["name"] for session in sessions] == ["Firefox on Linux", "Safari on iPhone"]
    assert [session["is_here"] for session in sessions] == [True, False]


def test_one_session_is_ended_with_its_sockets(alice: User, heard: Heard) -> None:
    here, there = sign_in(alice), sign_in(alice)
    key = there.session.session_key
    answer = here.post("/me/sessions/end/", {"session": UserSession.objects.get(session_key=key).pk})
    assert answer.url == "/me/?saved=sessions#security"
    assert there.get("/api/session").status_code == 401
    assert here.get("/api/session").status_code == 200
    assert heard == [(alice, "signed_out", key)]


def test_every_other_session_is_ended(alice: User, bob: User, heard: Heard) -> None:
    bobs, here, one, two = sign_in(bob), sign_in(alice), sign_in(alice), sign_in(alice)
    keys = {one.session.session_key, two.session.session_key}
    here.post("/me/sessions/end-others/")
    assert [browser.get("/api/session").status_code for browser in (bobs, here, one, two)] == [200, 200, 401, 401]
    assert {key for _, _, key in heard} == keys


@pytest.mark.parametrize("number", ["", "x", "-1", "²", "9" * 40])
def test_a_session_that_is_none_ends_nothing(alice: User, heard: Heard, number: str) -> None:
    assert sign_in(alice).post("/me/sessions/end/", {"session": number}).status_code == 302
    assert heard == []


def test_nobody_ends_anothers_session(alice: User, eve: User, heard: Heard) -> None:
    alices = sign_in(alice)
    sign_in(eve).post("/me/sessions/end/", {"session": UserSession.objects.get(user=alice).pk})
    assert alices.get("/api/session").status_code == 200
    assert heard == []


# --- The address ------------------------------------------------------------------------------------------------------


def test_without_mail_the_page_knows_no_addresses(alice: User) -> None:
    assert b"mail" not in signed_in(alice).get("/me/").content.lower()


def test_with_mail_the_page_asks_for_an_address_until_there_is_one(alice: User, with_mail: Settings) -> None:
    browser = signed_in(alice)
    assert b"know a confirmed email address of yours" in browser.get("/me/").content
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    page = browser.get("/me/").content
    assert b"alice@example.se" in page
    assert b"know a confirmed email address of yours" not in page
