"""Changing a password, forgetting it, and getting a new one."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import services
from accounts.models import Session, User
from accounts.sessions import authenticate_session
from tests.accounts.conftest import Heard
from tests.base import signed_in
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "eleven purple teapots"


def change(browser: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> object:
    fields = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    return browser.post("/accounts/password/change/", fields)


def test_a_changed_password_keeps_this_browser_in_and_sends_the_others_away(alice: User, heard: Heard) -> None:
    here, there = signed_in(alice), signed_in(alice)
    assert change(here).url == "/me/?saved=password#security"
    assert here.get("/api/session").status_code == 200
    assert there.get("/api/session").status_code == 401
    assert heard == [(alice, "password_changed", None)]
    fresh = User.objects.get(pk=alice.pk)
    assert fresh.check_password(NEW)
    assert fresh.access_epoch == alice.access_epoch + 1


def test_this_browsers_new_session_stands_before_the_old_ones_are_told(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(alice)
    standing: list[bool] = []

    def look(**_: object) -> None:
        sessions = [authenticate_session(session.pk) for session in Session.objects.all()]
        standing.append(any(sessions))

    monkeypatch.setattr(services, "announce_access_change", look)
    change(browser)
    assert standing == [True]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("oldpassword", {"old": "wrong"}, "That isn’t your current password."),
        ("password1", {"new": "short"}, "This password is too short. It must contain at least 10 characters."),
        ("password1", {"new": "password123"}, "This password is too common."),
        ("password2", {"again": "something else"}, "You must type the same password each time."),
    ],
)
def test_mistakes_get_sentences(alice: User, heard: Heard, field: str, typed: dict[str, str], sentence: str) -> None:
    answer = change(signed_in(alice), **typed)
    assert answer.status_code == 200
    assert sentence in answer.context["form"].errors[field]
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)
    assert heard == []


def test_a_stranger_changes_nothing(alice: User, client: Client) -> None:
    assert change(client).url.startswith("/accounts/login/")


def test_a_new_password_does_not_bring_back_a_deactivated_person(alice: User) -> None:
    read_before = User.objects.get(pk=alice.pk)
    services.deactivate(user=alice)
    services.replace_password(user=read_before, password=NEW)
    fresh = User.objects.get(pk=alice.pk)
    assert not fresh.is_active
    assert fresh.access_epoch == alice.access_epoch + 1 == 2


# --- Without mail: the owner helps ------------------------------------------------------------------------------------


def test_without_mail_the_page_says_whom_to_ask(owner: User, client: Client) -> None:
    for answer in (
        client.get("/accounts/password/reset/"),
        client.post("/accounts/password/reset/", {"email": "a@b.se"}),
    ):
        assert b"Ask the owner" in answer.content
        assert b"Olga" in answer.content
        assert b"<form" not in answer.content
    assert mail.outbox == []


@pytest.mark.parametrize(
    "path",
    ["/accounts/email/", "/accounts/confirm-email/", "/accounts/confirm-email/x/", "/accounts/password/reset/done/"],
)
def test_without_mail_there_are_no_pages_about_addresses(alice: User, path: str) -> None:
    assert signed_in(alice).get(path).status_code == 404
    assert Client().get(path).status_code == 404


def reset_by(link: str, browser: Client, new: str = NEW) -> object:
    form = browser.get(link).url
    return browser.post(form, {"password1": new, "password2": new})


def test_a_link_from_the_owner_works_once(alice: User, owner: User, client: Client, heard: Heard) -> None:
    elsewhere = signed_in(alice)
    link = services.make_reset_link(user=alice, by=owner)
    assert reset_by(link, client).url == "/accounts/password/reset/key/done/"
    assert User.objects.get(pk=alice.pk).check_password(NEW)
    assert heard == [(alice, "password_changed", None)]
    assert elsewhere.get("/api/session").status_code == 401
    assert b"This link is used up" in Client().get(link).content


def test_a_link_is_old_after_a_day(alice: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = services.make_reset_link(user=alice)
    now = PasswordResetTokenGenerator._now
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now(self) + timedelta(hours=23, minutes=59))
    assert client.get(link).status_code == 302
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now(self) + timedelta(hours=24, minutes=1))
    assert b"This link is used up" in Client().get(link).content


def test_a_link_for_one_opens_nobody_elses_account(alice: User, eve: User, client: Client) -> None:
    own, other = services.make_reset_link(user=eve), services.make_reset_link(user=alice)
    mixed = (
        other.rsplit("/", 2)[0] + "/" + other.split("/")[-2].split("-")[0] + "-" + own.split("/")[-2].split("-", 1)[1]
    )
    assert b"This link is used up" in client.get(mixed + "/").content


def test_a_link_is_logged_with_ids_and_not_itself(alice: User, owner: User, caplog: pytest.LogCaptureFixture) -> None:
    link = services.make_reset_link(user=alice, by=owner)
    assert f"password reset link made for user={alice.pk} by={owner.pk}" in caplog.text
    assert link.split("-", 1)[1].strip("/") not in caplog.text


def test_the_command_prints_a_link_that_works(alice: User, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reset_link", "ALICE", site="https://chat.example.com/")
    printed = capsys.readouterr().out.strip()
    assert printed.startswith("https://chat.example.com/accounts/password/reset/key/")
    reset_by(printed.removeprefix("https://chat.example.com"), client)
    assert User.objects.get(pk=alice.pk).check_password(NEW)


def test_the_command_knows_nobody_of_that_name(db: None) -> None:
    with pytest.raises(CommandError, match=r"Nobody here is called mallory\."):
        call_command("reset_link", "mallory")


# --- With mail ------------------------------------------------------------------------------------------------------


@pytest.fixture
def alice_with_address(alice: User, with_mail: Settings) -> User:
    """Alice, whose address is confirmed."""
    EmailAddress.objects.create(user=alice, email="alice@example.se", verified=True, primary=True)
    User.objects.filter(pk=alice.pk).update(email="alice@example.se")
    return alice


def test_a_link_comes_by_mail(alice_with_address: User, client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "Alice@example.se"})
    assert answer.url == "/accounts/password/reset/done/"
    assert mail.outbox[0].to == ["alice@example.se"]
    assert mail.outbox[0].subject == "A new password for mychat"
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    reset_by(link, client)
    assert User.objects.get(pk=alice_with_address.pk).check_password(NEW)
    assert mail.outbox[1].subject == "Your password at mychat was reset"


def test_a_stranger_learns_nothing_and_gets_no_mail(alice_with_address: User, client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "stranger@example.se"})
    assert answer.url == "/accounts/password/reset/done/"
    assert mail.outbox == []


def test_news_go_to_a_confirmed_address_only(with_mail: Settings) -> None:
    carol = make_user("carol", email="carol@example.se")
    EmailAddress.objects.create(user=carol, email="carol@example.se", primary=True)
    change(signed_in(carol))
    assert mail.outbox == []
    EmailAddress.objects.filter(user=carol).update(verified=True)
    browser = Client()
    browser.post("/accounts/login/", {"login": "carol", "password": NEW})
    change(browser, old=NEW, new=PASSWORD)
    assert [message.to for message in mail.outbox] == [["carol@example.se"]]
    assert mail.outbox[0].subject == "Your password at mychat was changed"


def test_links_and_confirmations_may_go_to_an_unconfirmed_address(client: Client, with_mail: Settings) -> None:
    carol = make_user("carol", email="carol@example.se")
    EmailAddress.objects.create(user=carol, email="carol@example.se", primary=True)
    client.post("/accounts/password/reset/", {"email": "carol@example.se"})
    assert [message.to for message in mail.outbox] == [["carol@example.se"]]
