"""Putting a picture in place, taking it away, and looking at it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.test import Client

from accounts import services
from accounts.models import User
from tests.accounts import pictures
from tests.accounts.pictures import picture, upload
from tests.base import signed_in
from tests.threads import together

pytestmark = pytest.mark.django_db


def files() -> set[str]:
    folder = Path(settings.MEDIA_ROOT) / "avatars"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture(autouse=True)
def _no_files_before() -> None:
    for name in files():
        default_storage.delete(f"avatars/{name}")


def address(user: User) -> str:
    version = User.objects.get(pk=user.pk).avatar.name.removeprefix("avatars/")
    return f"/avatars/{user.public_id}/{version}"


def send(browser: Client, data: bytes, name: str = "me.png") -> object:
    return browser.post("/me/avatar/", {"picture": upload(data, name)})


def test_a_picture_is_put_in_place(transactional_db: None, alice: User) -> None:
    browser = signed_in(alice)
    assert send(browser, picture(), "../../alice-at-home.png").url == "/me/?saved=picture#profile"
    assert len(files()) == 1
    assert "alice" not in files().pop()
    assert address(alice) in browser.get("/me/").content.decode()


def test_a_new_picture_removes_the_old_file(transactional_db: None, alice: User) -> None:
    browser = signed_in(alice)
    send(browser, picture())
    before = files()
    send(browser, picture("JPEG"))
    assert len(files()) == 1
    assert files() != before


def test_a_picture_is_taken_away(transactional_db: None, alice: User) -> None:
    browser = signed_in(alice)
    send(browser, picture())
    assert browser.post("/me/avatar/remove/").url == "/me/?saved=picture#profile"
    assert files() == set()
    assert not User.objects.get(pk=alice.pk).avatar
    assert browser.post("/me/avatar/remove/").status_code == 302


@pytest.mark.parametrize(
    "data", [b"", pictures.SVG, picture()[:99], pictures.claiming_png(30_000, 30_000), b"\x00" * 6_000_000]
)
def test_a_bad_file_gets_a_sentence_and_changes_nothing(alice: User, data: bytes) -> None:
    answer = send(signed_in(alice), data)
    assert answer.status_code == 422
    assert answer.context["picture"].errors["picture"][0].endswith(".")
    assert files() == set()
    assert not User.objects.get(pk=alice.pk).avatar


def test_too_many_pictures_in_ten_minutes_get_a_sentence_and_are_not_read(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(alice)
    for _ in range(20):
        assert send(browser, pictures.SVG).status_code == 422
    monkeypatch.setattr("accounts.forms.reencode", lambda _: pytest.fail("it was read"))
    answer = send(browser, picture())
    assert answer.status_code == 429
    sentence = "That’s a lot of pictures. Please wait ten minutes and try again."
    assert answer.context["picture"].errors["picture"] == [sentence]
    assert sentence in answer.content.decode()
    monkeypatch.undo()
    assert send(signed_in(bob), picture()).status_code == 302


def test_no_file_gets_a_sentence(alice: User) -> None:
    answer = signed_in(alice).post("/me/avatar/")
    assert answer.context["picture"].errors["picture"] == ["Please choose a picture first."]


def test_a_text_in_place_of_a_file_gets_a_sentence(alice: User) -> None:
    answer = signed_in(alice).post("/me/avatar/", {"picture": "../../etc/passwd"})
    assert answer.context["picture"].errors["picture"] == ["Please choose a picture first."]


def test_a_failed_save_leaves_no_file(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(User, "save", fail)
    with pytest.raises(DatabaseError):
        services.set_avatar(user=alice, picture=b"webp")
    assert files() == set()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pictures_sent_at_once_leave_one_file(alice: User) -> None:
    together(4, lambda number: services.set_avatar(user=User.objects.get(pk=alice.pk), picture=b"%d" % number))
    assert files() == {User.objects.get(pk=alice.pk).avatar.name.removeprefix("avatars/")}


# --- Looking ----------------------------------------------------------------------------------------------------------


def test_members_see_each_others_pictures(alice: User, bob: User) -> None:
    services.set_avatar(user=alice, picture=b"the picture")
    answer = signed_in(bob).get(address(alice))
    assert answer.content == b"the picture"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_stranger_sees_none(alice: User, client: Client) -> None:
    services.set_avatar(user=alice, picture=b"the picture")
    assert client.get(address(alice)).status_code == 404


def test_only_the_present_picture_is_there(alice: User, bob: User) -> None:
    services.set_avatar(user=alice, picture=b"one")
    old = address(alice)
    services.set_avatar(user=alice, picture=b"two")
    browser = signed_in(bob)
    assert browser.get(old).status_code == 404
    assert browser.get(address(alice)).content == b"two"
    assert browser.get(f"/avatars/{bob.public_id}/{old.rsplit('/', 1)[1]}").status_code == 404
    assert browser.get(f"/avatars/{bob.public_id}/.webp").status_code == 404
    assert browser.get("/avatars/nobody/x.webp").status_code == 404


def test_a_file_that_the_disk_forgot_is_not_found(alice: User) -> None:
    services.set_avatar(user=alice, picture=b"one")
    alice.avatar.storage.delete(alice.avatar.name)
    assert signed_in(alice).get(address(alice)).status_code == 404


def test_pictures_are_only_looked_at(alice: User) -> None:
    services.set_avatar(user=alice, picture=b"one")
    assert signed_in(alice).post(address(alice)).status_code == 405
