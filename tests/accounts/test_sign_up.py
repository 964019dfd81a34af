"""Signing up, without mail and with it."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts import services
from accounts.models import User
from accounts.sessions import standing_access
from tests.base import signed_in
from tests.factories import make_user
from tests.threads import together

SignUp = Callable[..., object]

pytestmark = pytest.mark.django_db


def test_a_newcomer_is_in_at_once_on_a_site_without_mail(owner: User, client: Client, sign_up: SignUp) -> None:
    answer = sign_up()
    assert answer.url == "/"
    ida = User.objects.get(username="ida")
    assert ida.name == "Ida Lindqvist"
    assert client.get("/api/session").json() == {"user": ida.public_id}
    assert not ida.must_verify_email


def test_no_address_is_asked_without_mail(owner: User, client: Client) -> None:
    assert b"mail" not in client.get("/accounts/signup/").content.lower()


def test_an_address_that_is_sent_anyway_is_ignored_without_mail(owner: User, sign_up: SignUp) -> None:
    sign_up(email="ida@example.se")
    assert User.objects.get(username="ida").email == ""
    assert not EmailAddress.objects.exists()


def test_a_taken_name_is_refused_with_free_ones(owner: User, sign_up: SignUp) -> None:
    make_user("ida")
    form = sign_up(username="Ida").context["form"]
    assert form.errors == {"username": ["“Ida” is taken. “ida.l” and “idal” are free."]}


def test_a_look_alike_is_refused_and_says_of_whom(owner: User, sign_up: SignUp) -> None:
    make_user("ida")
    form = sign_up(username="lda").context["form"]
    assert form.errors["username"][0].startswith("“lda” looks like “ida”, which is taken.")


def test_what_was_typed_is_kept_but_not_the_password(owner: User, sign_up: SignUp) -> None:
    page = sign_up(username="-", display_name="Ida & Co").content.decode()
    assert 'value="Ida &amp; Co"' in page
    assert 'value="-"' in page
    assert "correct horse" not in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "admin", "“admin” is kept for the people who run this site."),
        ("username", "people", "“people” is an address of this site."),
        ("username", "anonymous", "“anonymous” would read as if it were nobody in particular."),
        ("username", "i\u200bda", "A username can’t contain invisible characters."),
        ("username", "a b", "Use 1 to 32 letters, digits, dots, dashes or underscores."),
        ("username", "x" * 33, "Ensure this value has at most 32 characters (it has 33)."),
        ("username", "", "Please choose a username."),
        ("username", "\x00", "Null characters are not allowed."),
        ("display_name", "\u202eadI", "This can’t contain invisible characters."),
        ("display_name", " \u200d ", "Please enter a name that people can see."),
        ("display_name", "x" * 61, "Ensure this value has at most 60 characters (it has 61)."),
        ("password1", "short", "This password is too short. It must contain at least 10 characters."),
    ],
)
def test_each_mistake_has_its_sentence(owner: User, sign_up: SignUp, field: str, value: str, sentence: str) -> None:
    answer = sign_up(**{field: value})
    assert answer.status_code == 200
    assert sentence in answer.context["form"].errors[field]
    assert User.objects.count() == 1


def test_full_width_letters_are_stored_as_plain_ones(owner: User, sign_up: SignUp) -> None:
    sign_up(username="ｉｄａ")
    assert User.objects.filter(username="ida").exists()


def test_a_name_taken_between_check_and_saving_is_a_sentence(
    owner: User, client: Client, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "check_username", lambda username, **_: username)
    make_user("ida")
    answer = sign_up(username="IDA")
    assert answer.status_code == 200
    assert "“IDA” is taken." in answer.context["form"].errors["username"][0]
    assert User.objects.filter(username_key="lda").count() == 1


def test_nobody_signs_up_before_there_is_an_owner(client: Client, sign_up: SignUp) -> None:
    assert b"no owner yet" in client.get("/accounts/signup/").content
    assert b"no owner yet" in sign_up().content
    assert not User.objects.exists()


def test_a_developer_signs_up_without_an_owner(settings: Settings, sign_up: SignUp) -> None:
    settings.DEBUG = True
    sign_up()
    assert User.objects.filter(username="ida").exists()


# --- With mail ------------------------------------------------------------------------------------------------------


@pytest.fixture
def newcomer(owner: User, with_mail: Settings, sign_up: SignUp) -> User:
    """Ida has signed up and a mail waits for her."""
    answer = sign_up(email="Ida@Example.se")
    assert answer.url == "/accounts/confirm-email/"
    return User.objects.get(username="ida")


def link_in(body: str) -> str:
    return re.search(r"http://testserver(\S+)", body).group(1)


def test_a_newcomer_confirms_the_address_before_coming_in(newcomer: User, client: Client) -> None:
    assert client.get("/api/session").status_code == 401
    assert mail.outbox[0].to == ["ida@example.se"]
    assert mail.outbox[0].subject == "Welcome to mychat: confirm your address"
    link = link_in(mail.outbox[0].body)
    assert client.get("/api/session").status_code == 401
    assert b"ida@example.se" in client.get(link).content
    assert client.post(link).url == "/"
    assert client.get("/api/session").status_code == 200
    newcomer.refresh_from_db()
    assert not newcomer.must_verify_email
    assert EmailAddress.objects.get(user=newcomer).verified


def test_the_right_password_is_not_enough_before_confirming(newcomer: User) -> None:
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "ida", "password": "correct horse battery"})
    assert answer.url == "/accounts/confirm-email/"
    assert browser.get("/api/session").status_code == 401


def test_a_newcomer_is_not_to_be_found_before_confirming(newcomer: User, owner: User, client: Client) -> None:
    browser = signed_in(owner)

    def seen() -> list[int]:
        profile, message = browser.get("/people/@ida/"), browser.post("/people/@ida/message/")
        return [b"@ida" in browser.get("/people/").content, profile.status_code, message.status_code]

    assert seen() == [False, 404, 404]
    client.post(link_in(mail.outbox[0].body))
    assert seen() == [True, 200, 302]


def test_a_newcomer_comes_in_when_the_site_gives_up_mail(newcomer: User, with_mail: Settings, client: Client) -> None:
    with_mail.HAS_MAIL = False
    with_mail.ACCOUNT_EMAIL_VERIFICATION = "none"
    client.post("/accounts/login/", {"login": "ida", "password": "correct horse battery"})
    assert client.get("/api/session").status_code == 200
    assert standing_access({(newcomer.pk, newcomer.access_epoch, client.session.session_key)})
    assert User.objects.listed().filter(pk=newcomer.pk).exists()


def test_a_taken_address_is_not_told_to_strangers(owner: User, with_mail: Settings, sign_up: SignUp) -> None:
    alice = make_user("alice", email="alice@example.se")
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    answer = sign_up(email="alice@example.se")
    assert answer.url == "/accounts/confirm-email/"
    assert not User.objects.filter(username="ida").exists()
    assert mail.outbox[0].subject == "You have an account at mychat already"


def test_an_address_is_required_with_mail(owner: User, with_mail: Settings, sign_up: SignUp) -> None:
    assert "email" in sign_up().context["form"].errors


# --- Two at once ----------------------------------------------------------------------------------------------------


NAMES = ["ida", "IDA", "Ida", "lda", "1da", "idA", "iDa", "ＩＤＡ"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_those_who_want_one_name_at_once_one_gets_it() -> None:
    def take(number: int) -> str:
        name = NAMES[number]
        try:
            services.save_unique(User(username=name, display_name=name, password="!"))
        except services.UsernameTaken:
            return "taken"
        return "saved"

    assert sorted(map(str, together(len(NAMES), take))) == ["saved"] + ["taken"] * 7
    assert User.objects.count() == 1
