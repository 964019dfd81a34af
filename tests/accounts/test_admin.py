"""The admin site: staff only, by the sign-in page; and commands for the console."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import Heard
from tests.base import signed_in
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/accounts/user/"


def fields_of(user: User, **changes: object) -> dict[str, object]:
    """A person's admin form as it would be sent; None leaves a box unticked."""
    form = {
        "username": user.username,
        "display_name": user.display_name,
        "presence_audience": "everyone",
        "is_active": "on",
        "is_listed": "on",
    }
    return {key: value for key, value in (form | changes).items() if value is not None}


def test_strangers_sign_in_by_the_page_that_counts_attempts(client: Client, db: None) -> None:
    assert client.get("/admin/").url == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/").url == "/accounts/login/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).url.startswith("/accounts/login/")


def test_members_are_refused(alice: User) -> None:
    browser = signed_in(alice)
    assert browser.get(PEOPLE).status_code == 302
    assert browser.get("/admin/login/").status_code == 403


def test_pages_open_for_the_owner(owner: User, alice: User) -> None:
    browser = signed_in(owner)
    for path in ("/admin/", PEOPLE, f"{PEOPLE}add/", f"{PEOPLE}{alice.pk}/change/", f"{PEOPLE}{alice.pk}/password/"):
        assert browser.get(path).status_code == 200


def test_conversations_are_not_to_be_found_there(owner: User) -> None:
    page = signed_in(owner).get("/admin/").content.decode().lower()
    assert "message" not in page.replace('class="messagelist"', "")
    assert "/admin/chat/" not in page


def test_shutting_a_person_out_ends_what_they_have_open(
    owner: User, alice: User, heard: Heard, hidden: list[User]
) -> None:
    alices = signed_in(alice)
    answer = signed_in(owner).post(f"{PEOPLE}{alice.pk}/change/", fields_of(alice, is_active=None))
    assert answer.status_code == 302
    assert heard == [(alice, "deactivated", None)]
    assert hidden == [alice]
    assert alices.get("/api/session").status_code == 401
    assert User.objects.get(pk=alice.pk).access_epoch == 1


def test_letting_a_person_in_again_announces_nothing(owner: User, alice: User, heard: Heard) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    signed_in(owner).post(f"{PEOPLE}{alice.pk}/change/", fields_of(alice))
    assert User.objects.get(pk=alice.pk).is_active
    assert heard == []


def test_hiding_a_person_is_announced(owner: User, alice: User, hidden: list[User]) -> None:
    browser = signed_in(owner)
    browser.post(f"{PEOPLE}{alice.pk}/change/", fields_of(alice, display_name="Al"))
    assert hidden == []
    browser.post(f"{PEOPLE}{alice.pk}/change/", fields_of(alice, is_listed=None))
    assert hidden == [alice]


def test_a_password_set_by_staff_ends_what_the_person_has_open(owner: User, alice: User, heard: Heard) -> None:
    new = "eleven purple teapots"
    fields = {"password1": new, "password2": new, "usable_password": "true", "set-password": ""}
    signed_in(owner).post(f"{PEOPLE}{alice.pk}/password/", fields)
    assert User.objects.get(pk=alice.pk).check_password(new)
    assert heard == [(alice, "password_changed", None)]


def test_a_look_alike_is_a_sentence_there_too(owner: User, alice: User, bob: User) -> None:
    answer = signed_in(owner).post(f"{PEOPLE}{bob.pk}/change/", fields_of(bob, username="a1ice"))
    assert answer.status_code == 200
    assert "“a1ice” looks like “alice”" in answer.content.decode()


def test_a_person_is_made(owner: User) -> None:
    password = "eleven purple teapots"
    fields = {"username": "carol", "display_name": "Carol", "password1": password, "password2": password}
    signed_in(owner).post(f"{PEOPLE}add/", fields | {"usable_password": "true"})
    assert User.objects.get(username="carol").check_password(password)


def test_nobody_is_deleted(owner: User, alice: User) -> None:
    assert signed_in(owner).post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


def ask_for_link(browser: Client, *people: User) -> str:
    fields = {"action": "make_reset_link", "_selected_action": [person.pk for person in people]}
    return browser.post(PEOPLE, fields, follow=True).content.decode()


def test_the_owner_makes_a_reset_link_for_one_person(owner: User, alice: User, bob: User) -> None:
    browser = signed_in(owner)
    assert "http://testserver/accounts/password/reset/key/" in ask_for_link(browser, alice)
    assert "Choose one person at a time." in ask_for_link(browser, alice, bob)


# --- Staff who are no owners ------------------------------------------------------------------------------------------


@pytest.fixture
def sam(db: None) -> User:
    """Staff with every right that there is, and yet no owner."""
    staff = make_user("sam", is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    return staff


def test_staff_make_no_links(sam: User, alice: User) -> None:
    assert "/password/reset/key/" not in ask_for_link(signed_in(sam), alice)


def test_staff_look_after_members_but_give_no_rights(sam: User, alice: User) -> None:
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": [Permission.objects.first().pk]}
    answer = signed_in(sam).post(f"{PEOPLE}{alice.pk}/change/", fields_of(alice, display_name="Al", **rights))
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.is_staff, alice.is_superuser) == ("Al", False, False)
    assert not alice.user_permissions.exists()


@pytest.mark.parametrize(
    "rights", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}]
)
def test_staff_change_nothing_of_staff_and_owners(sam: User, rights: dict[str, bool]) -> None:
    boss, browser = make_user("olga", **rights), signed_in(sam)
    new = {"password1": "eleven purple teapots", "password2": "eleven purple teapots", "usable_password": "true"}
    assert browser.get(f"{PEOPLE}{boss.pk}/change/").status_code == 200
    assert browser.post(f"{PEOPLE}{boss.pk}/change/", fields_of(boss, is_active=None)).status_code == 403
    assert browser.get(f"{PEOPLE}{boss.pk}/password/").status_code == 403
    assert browser.post(f"{PEOPLE}{boss.pk}/password/", new | {"set-password": ""}).status_code == 403
    boss.refresh_from_db()
    assert boss.is_active
    assert boss.check_password(PASSWORD)


def test_staff_do_not_raise_themselves(sam: User) -> None:
    browser = signed_in(sam)
    assert browser.post(f"{PEOPLE}{sam.pk}/change/", fields_of(sam, is_superuser="on")).status_code == 403
    assert not User.objects.get(pk=sam.pk).is_superuser


@pytest.mark.parametrize("table", ["account/emailaddress", "auth/group"])
def test_staff_only_look_at_what_decides_on_rights(sam: User, owner: User, table: str) -> None:
    address = EmailAddress.objects.create(user=owner, email="sam@example.se")
    row = address if table.startswith("account") else Group.objects.create(name="helpers")
    staff, owners = signed_in(sam), signed_in(owner)
    assert staff.get(f"/admin/{table}/").status_code == 200
    for path in ("add/", f"{row.pk}/delete/"):
        assert staff.get(f"/admin/{table}/{path}").status_code == 403
        assert owners.get(f"/admin/{table}/{path}").status_code == 200
    assert staff.post(f"/admin/{table}/{row.pk}/change/", {"name": "x"}).status_code == 403
    staff.post(f"/admin/{table}/", {"action": "make_verified", "_selected_action": [row.pk]})
    address.refresh_from_db()
    assert not address.verified


# --- The console ------------------------------------------------------------------------------------------------------


def test_a_superuser_is_made_without_questions(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "eleven purple teapots")
    call_command("createsuperuser", "--noinput", "--username", "Root")
    root = User.objects.get()
    assert (root.username, root.username_key, root.name, root.is_superuser) == ("Root", "root", "Root", True)
    assert root.check_password("eleven purple teapots")
    assert root.search_text
