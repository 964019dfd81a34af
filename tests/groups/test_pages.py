"""The pages of groups, without scripts, as each of the cast sees them."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Block, User
from chat.live import limits
from chat.models import Invite, Membership, Room
from chat.rooms.groups import change_group, create_group
from chat.rooms.invites import make_invite
from chat.rooms.members import remove_member
from chat.rooms.roster import slug
from tests.accounts.pictures import picture
from tests.base import signed_in
from tests.factories import make_user
from tests.groups.test_groups import events


def address(room: Room, rest: str = "") -> str:
    return f"/r/{room.public_id}/{rest}"


def said(client: Client, url: str) -> str:
    """What the page at the end of this says, as text with its markup."""
    return client.get(url, follow=True).content.decode()


# --- Open rooms -------------------------------------------------------------------------------------------------------


def test_open_rooms_are_listed_with_a_button_to_join(group: Room, olga: User, eve: User) -> None:
    create_group(owner=olga, name="Secret", topic="nothing to see")
    assert "Boats" not in said(signed_in(eve), "/rooms/")
    change_group(user=olga, room=group.public_id, is_open=True)

    page = said(signed_in(eve), "/rooms/")
    assert "Boats" in page
    assert "Wood and water" in page
    assert "4 members" in page
    assert "Secret" not in page

    answer = signed_in(eve).post(address(group, "join/"), follow=True)
    assert answer.redirect_chain == [(address(group), 302)]
    assert Membership.objects.accepted().filter(room=group, user=eve).exists()
    assert f'href="{address(group)}"' in said(signed_in(eve), "/rooms/")


@pytest.mark.parametrize(("text", "found"), [("boat", True), ("WATER", True), ("wood boats", True), ("goats", False)])
def test_open_rooms_are_found_by_name_and_topic(group: Room, olga: User, eve: User, text: str, found: bool) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)

    assert ("Wood and water" in said(signed_in(eve), f"/rooms/?q={text}")) is found


def test_the_list_costs_the_same_however_long(
    eve: User, olga: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        create_group(owner=olga, name=f"Room {number}", is_open=True)
    client = signed_in(eve)

    with django_assert_max_num_queries(6):
        page = client.get("/rooms/").content.decode()
    assert page.count("group-card") - page.count("group-card__name") == 24
    assert "Page 1 of 2" in page
    assert "Room 0" in said(client, "/rooms/?page=2")
    assert said(client, "/rooms/?page=99&q=%00")


def test_who_was_removed_is_told_so_instead_of_joining(group: Room, olga: User, bob: User) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)
    remove_member(user=olga, room=group.public_id, person=bob.public_id)

    answer = signed_in(bob).post(address(group, "join/"), follow=True)

    assert "You were removed from this room." in answer.content.decode()
    assert not Membership.objects.of(bob).filter(room=group).exists()


# --- A new one --------------------------------------------------------------------------------------------------------


def test_a_form_founds_a_room(alice: User, bob: User, eve: User) -> None:
    create_group(owner=alice, name="Before", people=[bob])
    form = {"name": " The   boat ", "topic": "Planks", "is_open": "on", "people": [bob.public_id], "usernames": "@EVE"}

    answer = signed_in(alice).post("/r/new/", form)

    room = Room.objects.get(name="The boat")
    assert answer["Location"] == address(room)
    assert (room.topic, room.is_open, room.member_count) == ("Planks", True, 3)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "Please enter a name."),
        ({"name": "\u200b\u200b"}, "invisible characters"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "x", "topic": "x" * 241}, "at most 240 characters"),
        ({"name": "x", "topic": "a\u202eb"}, "invisible characters"),
        ({"name": "x", "usernames": "nosuchbody"}, "“nosuchbody” can’t be added."),
        ({"name": "x", "usernames": "bob"}, "“bob” can’t be added."),
    ],
)
def test_a_form_that_wont_do_says_why_and_founds_nothing(alice: User, bob: User, form: dict, sentence: str) -> None:
    Block.objects.create(blocker=bob, blocked=alice)

    answer = signed_in(alice).post("/r/new/", form)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Room.objects.exists()


def test_somebody_blocked_cant_be_ticked_either(alice: User, bob: User) -> None:
    create_group(owner=alice, name="Before", people=[bob])
    Block.objects.create(blocker=bob, blocked=alice)

    assert signed_in(alice).post("/r/new/", {"name": "After", "people": [bob.public_id]}).status_code == 422


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_an_owner_changes_everything_and_a_moderator_the_topic(group: Room, olga: User, mo: User) -> None:
    signed_in(olga).post(address(group, "settings/"), {"name": "Ships", "topic": "Iron", "is_open": "on"})
    group.refresh_from_db()
    assert (group.name, group.topic, group.is_open, group.shows_history) == ("Ships", "Iron", True, False)

    signed_in(mo).post(address(group, "settings/"), {"name": "Mine", "topic": "Tar"})
    group.refresh_from_db()
    assert (group.name, group.topic, group.is_open) == ("Ships", "Tar", True)


def test_a_member_sees_no_switches_and_changes_nothing(group: Room, alice: User) -> None:
    assert 'role="switch"' not in said(signed_in(alice), address(group, "settings/"))

    answer = signed_in(alice).post(address(group, "settings/"), {"topic": "Mine"}, follow=True)

    assert "that’s for those who keep order" in answer.content.decode()
    assert Room.objects.get(pk=group.pk).topic == "Wood and water"


def test_a_picture_is_made_anew_and_seen_by_members(
    group: Room, olga: User, alice: User, eve: User, settings: object, tmp_path: object
) -> None:
    settings.MEDIA_ROOT = tmp_path
    upload = SimpleUploadedFile("boat.png", picture("PNG"), "image/png")
    assert signed_in(olga).post(address(group, "picture/"), {"picture": upload}).status_code == 302

    found = re.search(r'src="(/r/[^"]+/picture/[0-9a-f]{32}/)"', said(signed_in(alice), address(group, "settings/")))
    assert found
    answer = signed_in(alice).get(found[1])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert signed_in(eve).get(found[1]).status_code == Client().get(found[1]).status_code == 404

    Room.objects.filter(pk=group.pk).update(is_open=True)
    assert signed_in(eve).get(found[1]).status_code == 200
    signed_in(olga).post(address(group, "picture/remove/"))
    assert signed_in(alice).get(found[1]).status_code == 404


def test_what_is_no_picture_is_refused(group: Room, olga: User) -> None:
    upload = SimpleUploadedFile("boat.png", b"<svg onload=alert(1)>", "image/png")

    answer = signed_in(olga).post(address(group, "picture/"), {"picture": upload})

    assert answer.status_code == 422
    assert "isn’t a PNG" in answer.content.decode()


def test_an_only_owner_leaves_by_naming_somebody(group: Room, olga: User, alice: User) -> None:
    answer = signed_in(olga).post(address(group, "leave/"), follow=True)
    assert "You’re the only owner." in answer.content.decode()

    answer = signed_in(olga).post(address(group, "leave/"), {"person": alice.public_id}, follow=True)
    assert "You left “Boats”." in answer.content.decode()
    assert Membership.objects.get(room=group, user=alice).role == "owner"


# --- Members ----------------------------------------------------------------------------------------------------------


def test_the_roll_names_everybody_with_what_one_may_do(group: Room, olga: User, mo: User, alice: User) -> None:
    page = said(signed_in(olga), address(group, "members/"))
    assert [page.count(text) for text in ("Make a moderator", "Remove from the room")] == [2, 3]

    page = said(signed_in(mo), address(group, "members/"))
    assert [page.count(text) for text in ("Make a moderator", "Remove from the room")] == [0, 2]

    page = said(signed_in(alice), address(group, "members/"))
    assert "Remove from the room" not in page
    assert "Add to the room" in page


def test_members_are_found_by_name(group: Room, alice: User) -> None:
    page = said(signed_in(alice), address(group, "members/?q=bo"))

    assert "@bob" in page
    assert "@olga" not in page


def test_a_form_adds_removes_and_gives_roles(group: Room, olga: User, bob: User, eve: User) -> None:
    client = signed_in(olga)
    client.post(address(group, "members/"), {"usernames": "eve"})
    assert Membership.objects.accepted().filter(room=group, user=eve).exists()

    client.post(address(group, f"members/{eve.public_id}/"), {"role": "moderator"})
    assert Membership.objects.get(room=group, user=eve).role == "moderator"
    client.post(address(group, f"members/{eve.public_id}/"), {"role": "emperor"})
    assert Membership.objects.get(room=group, user=eve).role == "moderator"

    client.post(address(group, f"members/{bob.public_id}/"), {"do": "remove"})
    assert Membership.objects.get(room=group, user=bob).state == "removed"
    assert signed_in(bob).get(address(group)).status_code == 404

    client.post(address(group, f"members/{eve.public_id}/"), {"do": "hand-over"})
    assert Membership.objects.get(room=group, user=eve).role == "owner"


def test_a_room_of_five_hundred_has_pages(
    group: Room, olga: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    crowd = User.objects.bulk_create(User(username=f"x{n:03}") for n in range(500))
    Membership.objects.bulk_create(Membership(room=group, user=user) for user in crowd)
    client = signed_in(olga)

    with django_assert_max_num_queries(12):
        page = client.get(address(group, "members/")).content.decode()

    assert page.count("roll__line") == 50
    assert "Page 1 of 11" in page
    assert "@x499" in said(client, address(group, "members/?page=11"))
    with django_assert_max_num_queries(15):
        room = client.get(address(group)).content.decode()
    assert len(room) < 200_000


# --- Links ------------------------------------------------------------------------------------------------------------


def test_a_link_is_made_shown_and_withdrawn(group: Room, mo: User, alice: User, bob: User) -> None:
    signed_in(alice).post(address(group, "invites/"), {"days": "7", "uses": "10"})
    invite = Invite.objects.get()
    assert invite.uses_left == 10
    assert timedelta(days=6, hours=23) < invite.expires_at - timezone.now() <= timedelta(days=7)

    link = f"http://testserver/r/join/{invite.token}/"
    assert link in said(signed_in(alice), address(group, "members/"))
    assert link in said(signed_in(mo), address(group, "members/"))
    assert link not in said(signed_in(bob), address(group, "members/"))

    signed_in(alice).post(address(group, f"invites/{invite.pk}/"))
    assert not Invite.objects.exists()


def test_a_link_says_where_it_leads_and_who_asks_and_lets_in(group: Room, alice: User, eve: User) -> None:
    link = f"/r/join/{make_invite(user=alice, room=group.public_id, days=1).token}/"

    page = said(signed_in(eve), link)
    assert all(text in page for text in ("Alice", "asks you into", "Boats", "Wood and water", "4 members"))
    assert Client().get(link)["Location"].startswith("/accounts/login/?next=/r/join/")
    assert not Membership.objects.filter(room=group, user=eve).exists()  # looking isn't joining

    assert signed_in(eve).post(link)["Location"] == address(group)
    assert Membership.objects.accepted().filter(room=group, user=eve).exists()


@pytest.mark.parametrize("how", ["expired", "invented", "maker gone"])
def test_a_dead_link_says_nothing_of_the_room(group: Room, mo: User, alice: User, eve: User, how: str) -> None:
    invite = make_invite(user=alice, room=group.public_id, days=1)
    if how == "expired":
        Invite.objects.update(expires_at=timezone.now())
    if how == "maker gone":
        remove_member(user=mo, room=group.public_id, person=alice.public_id)
    link = f"/r/join/{'x' * 24 if how == 'invented' else invite.token}/"

    for answer in (signed_in(eve).get(link), signed_in(eve).post(link)):
        assert answer.status_code == 404
        assert "This link doesn’t work" in answer.content.decode()
        assert "Boats" not in answer.content.decode()


# --- The room ---------------------------------------------------------------------------------------------------------


def test_a_rooms_page_opens_under_any_name(group: Room, alice: User) -> None:
    for rest in ("", "boats/", "anything-else/", "%E6%9D%8E/"):
        page = said(signed_in(alice), address(group, rest))
        assert "Message Boats" in page
        assert "All <span data-group-number>4</span> members" in page


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Boats & planks", "boats-planks"),
        ("李明", "李明"),
        ("🍅🥕", ""),
        ("Members", "room-members"),
        ("Messages", "room-messages"),
    ],
)
def test_a_rooms_address_is_decorated_with_its_name(name: str, wanted: str) -> None:
    assert slug(Room(name=name)) == wanted


# --- What scripts ask -------------------------------------------------------------------------------------------------


def test_people_of_the_room_are_told_by_id_also_those_who_left(group: Room, olga: User, bob: User, eve: User) -> None:
    remove_member(user=olga, room=group.public_id, person=bob.public_id)
    ids = f"{bob.public_id},{olga.public_id},{eve.public_id},nosuchperson,"

    people = signed_in(olga).get(address(group, f"people/?ids={ids}")).json()["people"]

    assert {one["username"] for one in people} == {"olga", "bob"}


def test_at_most_a_hundred_people_at_once(
    group: Room, olga: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(olga)
    with django_assert_max_num_queries(4):
        answer = client.get(address(group, "people/?ids=" + ",".join([olga.public_id] * 50 + ["x"] * 5000)))
    assert len(answer.json()["people"]) == 1


def test_names_are_completed_from_the_room_without_oneself_and_the_blocked(
    group: Room, alice: User, bob: User, mo: User
) -> None:
    def offered(text: str) -> list[str]:
        answer = signed_in(alice).get(address(group, f"members/?q={text}"), headers={"Accept": "application/json"})
        return [one["username"] for one in answer.json()["people"]]

    assert offered("") == ["bob", "mo", "olga"]
    assert offered("B") == ["bob"]
    assert offered("al") == []
    Block.objects.create(blocker=alice, blocked=bob)
    assert offered("b") == []
    Block.objects.create(blocker=mo, blocked=alice)
    assert offered("m") == ["mo"]  # as among the members: to be missing here would tell


def test_what_happened_is_in_order(group: Room) -> None:
    assert [event["what"] for event in events(group)] == ["created", "added", "role"]


def test_nobody_of_another_site_is_named(group: Room, alice: User) -> None:
    make_user("stranger")

    answer = signed_in(alice).get(address(group, "members/?q=stranger"), headers={"Accept": "application/json"})

    assert answer.json() == {"people": []}


@pytest.mark.parametrize("rest", ["r/{}/people/?ids=%00", "r/join/%00/", "r/{}/members/?q=%00", "api/switch?q=%00a"])
def test_what_no_database_stores_is_nothing(group: Room, alice: User, rest: str) -> None:
    assert signed_in(alice).get("/" + rest.format(group.public_id)).status_code < 500


def test_nobody_is_handed_a_room_by_a_name_that_is_none(group: Room, alice: User) -> None:
    assert signed_in(alice).post(address(group, "leave/"), {"person": "\0"}).status_code == 302


def test_nobody_comes_and_goes_without_end(group: Room, olga: User, eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    change_group(user=olga, room=group.public_id, is_open=True)
    monkeypatch.setattr(limits, "actions", limits.Limit(3, 0.001))
    client = signed_in(eve)

    for _ in range(5):
        client.post(address(group, "join/"))
        client.post(address(group, "leave/"))

    assert [event["what"] for event in events(group)][-3:] == ["joined", "left", "joined"]
