"""Signing in and out."""

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.test import Client
from pytest_django import Settings

from accounts import services
from accounts.models import Session, User
from accounts.sessions import authenticate_session
from tests.accounts.conftest import Heard
from tests.base import signed_in
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def sign_in(login: str, password: str = PASSWORD, **more: str) -> Client:
    browser = Client()
    browser.answer = browser.post("/accounts/login/", {"login": login, "password": password, **more})
    return browser


def who(browser: Client) -> str | None:
    answer = browser.get("/api/session")
    return answer.json()["user"] if answer.status_code == 200 else None


@pytest.mark.parametrize("typed", ["alice", "ALICE", " Alice ", "ａｌｉｃｅ", "AL\u0131ce", "a1ice"])
def test_a_name_is_known_however_it_is_typed(alice: User, typed: str) -> None:
    assert who(sign_in(typed)) == alice.public_id


@pytest.mark.parametrize("typed", ["bob", "alice2", "alic", "al ice", "'; --", "x" * 254])
def test_other_names_are_not(alice: User, typed: str) -> None:
    browser = sign_in(typed)
    assert who(browser) is None
    assert browser.answer.context["form"].non_field_errors() == ["That username and password don’t go together."]


def test_a_wrong_password_is_refused_and_the_name_kept(alice: User) -> None:
    browser = sign_in("alice", "wrong horse battery")
    assert who(browser) is None
    page = browser.answer.content.decode()
    assert 'value="alice"' in page
    assert "wrong horse" not in page


def test_nothing_typed_gets_its_sentences(db: None) -> None:
    errors = sign_in("", "").answer.context["form"].errors
    assert errors == {"login": ["Please enter your username."], "password": ["Please enter your password."]}


def test_nul_characters_get_a_sentence(db: None) -> None:
    assert sign_in("a\x00", "b\x00").answer.status_code == 200


def test_guessing_is_stopped_for_a_while(alice: User) -> None:
    for _ in range(5):
        sign_in("alice", "wrong horse battery")
    browser = sign_in("alice")
    assert who(browser) is None
    assert "Please wait five minutes" in browser.answer.content.decode()


def wrong(login: str, **headers: str) -> None:
    Client(headers=headers).post("/accounts/login/", {"login": login, "password": "wrong horse battery"})


def test_look_alikes_give_no_more_guesses(db: None) -> None:
    noor = make_user("noor")
    for typed in ("noor", "n0or", "NO0R", "n\u043eor", " ｎｏｏｒ "):
        wrong(typed)
    browser = sign_in("noor")
    assert who(browser) is None
    assert "Please wait five minutes" in browser.answer.content.decode()
    assert noor.check_password(PASSWORD)


def test_another_way_to_write_the_host_gives_no_more_guesses(alice: User) -> None:
    for number in range(5):
        wrong("alice", Host=f"testserver:{8000 + number}")
    assert who(sign_in("alice")) is None


def test_an_address_is_one_address_however_it_is_typed(alice: User, with_mail: Settings) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    for typed in (
        "alice@example.se",
        "Alice@Example.se",
        "ALICE@EXAMPLE.SE",
        "al\u0131ce@example.se",
        "aLice@example.se",
    ):
        wrong(typed)
    assert "Please wait five minutes" in sign_in("alice@example.SE").answer.content.decode()


def test_one_persons_wrong_guesses_do_not_lock_another_out(alice: User, bob: User) -> None:
    for _ in range(5):
        wrong("alice")
    assert who(sign_in("bob")) == bob.public_id


def test_one_comes_where_one_wanted_to_go_but_never_to_another_site(alice: User) -> None:
    assert sign_in("alice", next="/people/").answer.url == "/people/"
    assert sign_in("alice", next="https://evil.example/").answer.url == "/"
    assert sign_in("alice", next="//evil.example/").answer.url == "/"


def test_a_session_lasts_as_long_as_asked(alice: User) -> None:
    assert sign_in("alice", remember="on").session.get_expire_at_browser_close() is False
    assert sign_in("alice").session.get_expire_at_browser_close() is True


def test_a_deactivated_person_is_told_so_and_stays_out(alice: User) -> None:
    services.deactivate(user=alice)
    browser = sign_in("alice")
    assert browser.answer.url == "/accounts/inactive/"
    assert who(browser) is None


def test_a_renewed_hash_is_no_change_of_password(alice: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    User.objects.filter(pk=alice.pk).update(password=make_password(PASSWORD, hasher="md5"))
    before = User.objects.get(pk=alice.pk)
    browser = sign_in("alice")
    after = User.objects.get(pk=alice.pk)
    assert who(browser) == alice.public_id
    assert after.password.startswith("pbkdf2")
    assert after.access_epoch == before.access_epoch


def test_an_address_signs_in_only_on_a_site_with_mail(alice: User, settings: Settings) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    assert who(sign_in("alice@example.se")) is None
    settings.HAS_MAIL = True
    settings.ACCOUNT_LOGIN_METHODS = {"username", "email"}
    assert who(sign_in("Alice@Example.se")) == alice.public_id
    assert who(sign_in("ALICE")) == alice.public_id


def test_signing_out_ends_the_session_and_says_so(alice: User, heard: Heard) -> None:
    browser = sign_in("alice")
    key = browser.session.session_key
    assert browser.post("/accounts/logout/").url == "/accounts/login/"
    assert who(browser) is None
    assert heard == [(alice, "signed_out", key)]
    assert not Session.objects.filter(session_key=key).exists()


def test_signing_out_leaves_other_browsers_in(alice: User) -> None:
    here, there = sign_in("alice"), sign_in("alice")
    here.post("/accounts/logout/")
    assert who(there) == alice.public_id


def test_a_link_does_not_sign_out(alice: User) -> None:
    browser = signed_in(alice)
    assert b"Sign out?" in browser.get("/accounts/logout/").content
    assert who(browser) == alice.public_id


def test_the_session_is_gone_before_its_sockets_are_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = sign_in("alice")
    key = browser.session.session_key
    seen: list[bool] = []
    monkeypatch.setattr(
        services,
        "announce_access_change",
        lambda **_: seen.append(authenticate_session(key) is None),
    )
    browser.post("/accounts/logout/")
    assert seen == [True]


def test_a_sign_in_is_on_the_list_of_sessions(alice: User) -> None:
    browser = sign_in("alice")
    assert UserSession.objects.get(user=alice).session_key == browser.session.session_key


# --- Mail came to the site later --------------------------------------------------------------------------------------


def test_an_earlier_member_is_asked_for_an_address_but_not_locked_out(alice: User, with_mail: Settings) -> None:
    browser = sign_in("alice", next="/people/")
    assert browser.answer.url == "/accounts/email/?next=%2Fpeople%2F"
    assert who(browser) == alice.public_id
    assert '<a class="btn btn-soft" href="/people/">Not now</a>' in browser.get(browser.answer.url).content.decode()


def test_an_earlier_member_with_an_unconfirmed_address_is_not_locked_out(alice: User, with_mail: Settings) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.se", primary=True)
    assert who(sign_in("alice")) == alice.public_id


def test_who_has_a_confirmed_address_is_not_asked(alice: User, with_mail: Settings) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    assert sign_in("alice").answer.url == "/"
