"""/setup/: the first owner, once."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import Settings

from accounts import services
from accounts.models import User
from accounts.setup import is_setup_code, setup_code
from tests.factories import make_user
from tests.threads import together

pytestmark = pytest.mark.django_db

FORM = {"display_name": "Olga Berg", "username": "olga", "password": "correct horse battery"}


def test_the_code_makes_the_owner_and_signs_them_in(client: Client) -> None:
    answer = client.post("/setup/", FORM | {"code": f" {setup_code()} "})
    assert answer.url == "/"
    olga = User.objects.get()
    assert (olga.username, olga.name, olga.is_superuser, olga.is_staff) == ("olga", "Olga Berg", True, True)
    assert olga.check_password(FORM["password"])
    assert client.get("/api/session").json() == {"user": olga.public_id}


def test_the_page_is_gone_when_there_is_an_owner(owner: User, client: Client) -> None:
    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", FORM | {"code": setup_code()}).status_code == 404
    assert User.objects.count() == 1


def test_members_are_no_owners(client: Client) -> None:
    make_user("alice", is_staff=True)
    assert client.get("/setup/").status_code == 200


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_demo": True}, {"must_verify_email": True}])
def test_the_page_stays_gone_when_the_only_owner_may_not_act(
    client: Client, sign_up: Callable[..., object], fields: dict[str, bool]
) -> None:
    make_user("olaf", is_superuser=True, **fields)
    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", FORM | {"code": setup_code()}).status_code == 404
    with pytest.raises(services.OwnerExists):
        services.make_owner(**FORM)
    sign_up()
    assert set(User.objects.values_list("username", flat=True)) == {"olaf", "ida"}


@pytest.mark.parametrize("code", ["", "wrong", "0" * 201, "\x00", "пароль"])
def test_a_wrong_code_makes_nobody_and_keeps_what_was_typed(client: Client, code: str) -> None:
    answer = client.post("/setup/", FORM | {"code": code})
    assert answer.status_code == 200
    assert "code" in answer.context["form"].errors
    assert 'value="Olga Berg"' in answer.content.decode()
    assert "correct horse" not in answer.content.decode()
    assert not User.objects.exists()


def test_a_weak_password_is_refused(client: Client) -> None:
    answer = client.post("/setup/", FORM | {"code": setup_code(), "password": "password12"})
    assert answer.context["form"].errors["password"] == ["This password is too common."]


def test_the_owner_may_be_called_admin(client: Client) -> None:
    client.post("/setup/", FORM | {"code": setup_code(), "username": "admin"})
    assert User.objects.get().username == "admin"


def test_a_taken_name_is_refused(client: Client) -> None:
    make_user("olga")
    answer = client.post("/setup/", FORM | {"code": setup_code()})
    assert "“olga” is taken." in answer.context["form"].errors["username"][0]


def test_guessing_is_stopped_for_a_while(client: Client) -> None:
    for _ in range(10):
        client.post("/setup/", FORM | {"code": "guess"})
    assert client.post("/setup/", FORM | {"code": setup_code()}).status_code == 429
    assert not User.objects.exists()


def test_an_address_is_asked_only_with_mail(client: Client) -> None:
    assert b"mail" not in client.get("/setup/").content.lower()


def test_an_address_waits_for_its_confirmation_without_locking_the_owner_out(
    client: Client, with_mail: Settings
) -> None:
    answer = client.post("/setup/", FORM | {"code": setup_code(), "email": "Olga@Example.se"})
    assert client.get("/api/session").status_code == 200
    assert answer.url == "/accounts/email/?next=%2F"
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.user.email) == ("olga@example.se", False, "olga@example.se")


def test_the_code_is_the_variable_or_follows_from_the_secret_key(settings: Settings) -> None:
    settings.SECRET_KEY = "a" * 50
    derived = setup_code()
    assert derived == setup_code()
    assert [len(group) for group in derived.split("-")] == [5, 5, 5, 5]
    settings.SECRET_KEY = "b" * 50
    assert setup_code() != derived
    settings.SETUP_CODE = "from the platform"
    assert setup_code() == "from the platform"
    assert is_setup_code("from the platform\n")
    assert not is_setup_code(derived)


def test_the_second_is_told_that_there_is_an_owner(owner: User) -> None:
    with pytest.raises(services.OwnerExists):
        services.make_owner(**{**FORM, "username": "second"})


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_those_who_come_at_once_one_becomes_the_owner() -> None:
    def come(number: int) -> str:
        try:
            services.make_owner(**{**FORM, "username": f"olga{number}x"})
        except services.OwnerExists:
            return "late"
        return "owner"

    assert sorted(map(str, together(8, come))) == ["late"] * 7 + ["owner"]
    assert User.objects.owners().count() == 1
