"""A person's page, and the button that opens the room."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Membership, Room
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_visitor_is_sent_to_sign_in(client: Client, bob: User) -> None:
    for response in (client.get("/people/@bob/"), client.post("/people/@bob/message/")):
        assert response.status_code == 302
        assert "login" in response["Location"]
    assert not Room.objects.exists()


def test_the_page_tells_what_a_person_tells(alice: User) -> None:
    joined = datetime(2025, 4, 2, tzinfo=UTC)
    make_user(
        "noor",
        display_name="Noor Haddad",
        bio="Nurse & swimmer",
        status_text="On call",
        time_zone="Asia/Tokyo",
        date_joined=joined,
    )
    page = signed_in(alice).get("/people/@noor/").content.decode()
    for text in ("Noor Haddad", "@noor", "Nurse &amp; swimmer", "On call", "member since April 2025"):
        assert text in page
    assert re.search(r'datetime="[^"]+\+09:00">\d\d:\d\d</time> for <bdi>Noor</bdi>', page)


def test_the_name_may_be_typed_in_any_case(alice: User, bob: User) -> None:
    assert signed_in(alice).get("/people/@BoB/").status_code == 200


def test_ones_own_page_offers_editing_and_notes(alice: User) -> None:
    page = signed_in(alice).get("/people/@alice/").content.decode()
    assert "Edit profile" in page
    assert "Notes to self" in page
    assert "Edit profile" not in signed_in(make_user("other")).get("/people/@alice/").content.decode()


@pytest.mark.parametrize("username", ["nobody", "a%00b", "%F0%9F%90%99", "x" * 500, ".."])
def test_who_does_not_exist_is_not_there(alice: User, username: str) -> None:
    assert signed_in(alice).get(f"/people/@{username}/").status_code in {404, 301}
    assert signed_in(alice).post(f"/people/@{username}/message/").status_code in {404, 301}


@pytest.mark.parametrize("change", [{"is_listed": False}, {"is_active": False}])
def test_who_hides_or_left_is_there_for_those_who_met_them_only(
    alice: User, bob: User, eve: User, change: dict
) -> None:
    open_direct_room(opener=alice, other=bob)
    User.objects.filter(pk=bob.pk).update(**change)
    assert signed_in(alice).get("/people/@bob/").status_code == 200
    assert signed_in(eve).get("/people/@bob/").status_code == 404
    assert signed_in(eve).post("/people/@bob/message/").status_code == 404


def test_message_opens_the_room_of_the_two_once(alice: User, bob: User, eve: User) -> None:
    first = signed_in(alice).post("/people/@bob/message/")
    again = signed_in(bob).post("/people/@alice/message/")
    room = Room.objects.get()
    assert first["Location"] == again["Location"] == f"/r/{room.public_id}/"
    members = set(Membership.objects.filter(room=room).values_list("user__username", flat=True))
    assert members == {"alice", "bob"}
    assert signed_in(eve).get(first["Location"]).status_code == 404


def test_message_to_oneself_opens_notes(alice: User) -> None:
    signed_in(alice).post("/people/@alice/message/")
    assert list(Room.objects.get().memberships.values_list("user__username", flat=True)) == ["alice"]


def test_a_closed_account_takes_no_messages(alice: User, bob: User) -> None:
    open_direct_room(opener=alice, other=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    client = signed_in(alice)
    assert client.post("/people/@bob/message/").status_code == 404
    page = client.get("/people/@bob/").content.decode()
    assert "This account is closed" in page
    assert "/message/" not in page


def test_coming_back_from_sign_in_to_the_button_leads_to_the_page(alice: User, bob: User) -> None:
    assert signed_in(alice).get("/people/@bob/message/")["Location"] == "/people/@bob/"
    assert not Room.objects.exists()


def test_another_site_cannot_open_rooms(alice: User, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/people/@bob/message/").status_code == 403
    assert not Room.objects.exists()
