"""Adding and changing an email address."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.base import signed_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(alice: User, with_mail: Settings) -> Client:
    """Alice's browser, where she has just given her password once more."""
    client = signed_in(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def add(browser: Client, email: str) -> object:
    return browser.post("/accounts/email/", {"email": email, "action_add": ""})


def confirm(browser: Client, message: int = -1) -> object:
    link = re.search(r"http://testserver(\S+)", mail.outbox[message].body).group(1)
    return browser.post(link)


def confirmed(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def test_an_address_counts_when_it_is_confirmed(alice: User, hers: Client) -> None:
    add(hers, "Alice@Example.se")
    assert confirmed(alice) == []
    assert mail.outbox[0].to == ["alice@example.se"]
    confirm(hers)
    assert confirmed(alice) == ["alice@example.se"]
    alice.refresh_from_db()
    assert alice.email == "alice@example.se"


def test_a_new_address_replaces_the_old_one_which_is_told(alice: User, hers: Client) -> None:
    add(hers, "old@example.se")
    confirm(hers)
    add(hers, "new@example.se")
    assert confirmed(alice) == ["old@example.se"]
    confirm(hers)
    assert confirmed(alice) == ["new@example.se"]
    assert mail.outbox[-1].to == ["old@example.se"]
    assert mail.outbox[-1].subject == "Your address at mychat was changed"


def test_an_address_that_was_never_confirmed_is_not_told(alice: User, hers: Client) -> None:
    EmailAddress.objects.create(user=alice, email="typo@example.se", primary=True)
    User.objects.filter(pk=alice.pk).update(email="typo@example.se")
    add(hers, "right@example.se")
    confirm(hers)
    assert confirmed(alice) == ["right@example.se"]
    assert [message.to for message in mail.outbox] == [["right@example.se"]]


def test_an_address_of_somebody_else_does_not_change_hands(alice: User, bob: User, hers: Client) -> None:
    EmailAddress.objects.create(user=bob, email="bob@example.se", verified=True, primary=True)
    add(hers, "bob@example.se")
    if mail.outbox:
        confirm(hers)
    assert confirmed(bob) == ["bob@example.se"]
    assert confirmed(alice) == []


def test_what_is_no_address_gets_a_sentence_and_is_kept(hers: Client) -> None:
    answer = add(hers, "not an address")
    assert answer.context["form"].errors == {"email": ["Enter a valid email address."]}
    assert 'value="not an address"' in answer.content.decode()


def test_the_password_is_asked_once_more_and_what_was_typed_goes_on(alice: User, with_mail: Settings) -> None:
    browser = signed_in(alice)
    answer = add(browser, "alice@example.se")
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert mail.outbox == []
    browser.post(answer.url, {"password": "wrong"})
    assert mail.outbox == []
    browser.post(answer.url, {"password": PASSWORD})
    assert [message.to for message in mail.outbox] == [["alice@example.se"]]


def test_mails_say_who_they_are_from_and_hide_nothing_in_html(hers: Client) -> None:
    add(hers, "alice@example.se")
    message = mail.outbox[0]
    assert message.subject == "Confirm your address for mychat"
    assert message.alternatives == []
    assert message.body.startswith("Hello,\n\nsomebody")
    assert message.body.endswith("mychat\nhttp://testserver")
