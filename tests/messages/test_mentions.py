"""Whom a message names."""

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Block, User
from chat.messages.drafts import Draft
from chat.messages.markup import render
from chat.messages.mentions import NOBODY, Mentioned, highlight, marked, mentions_of, names_in
from chat.messages.services import post_messages
from chat.models import Membership, Room
from chat.rooms.groups import create_group
from chat.rooms.presenters import load_memberships
from chat.rooms.services import open_direct_room
from tests.factories import make_user


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("@bob", ["bob"]),
        ("hi @Bob, and @alice!", ["bob", "alice"]),
        ("(@bob) “@alice”", ["bob", "alice"]),
        ("@bob’s and @alice…", ["bob", "alice"]),
        ("@anne-marie.b_2.", ["anne-marie.b_2"]),
        ("@Élise @ΝΊΚΟΣ @李明 @नूर", ["élise", "νίκοσ", "李明", "नूर"]),
        ("@everyone @here", ["everyone", "here"]),
        ("mail bob@example.org", []),
        ("https://example.org/@bob and www.example.org/@bob", []),
        ("`@bob` and ``a ` @bob``", []),
        ("```\n@bob\n``` @alice", ["alice"]),
        ("``` @bob for ever", []),
        ("@@bob @ bob @.bob @", []),
        ("nobody", []),
    ],
)
def test_names_stand_after_an_at_outside_code_and_addresses(body: str, names: list[str]) -> None:
    assert list(names_in(body)) == names


def test_a_long_text_full_of_ats_is_read_quickly() -> None:
    assert len(list(names_in("@" * 4000))) == 0
    assert len(list(names_in("`" * 4000 + "@bob"))) <= 1
    assert len(list(names_in("@a" * 2000))) == 1


def test_highlighting_marks_names_and_escapes_everything_else() -> None:
    mentioned = Mentioned({"bob": (1, "BobsId")})

    html = highlight("<b>@Bob</b> & @eve @everyone", mentioned)

    marked = '&lt;b&gt;<span class="mention" data-user="BobsId">@Bob</span>&lt;/b&gt; &amp; @eve @everyone'
    assert html == marked
    assert highlight("<@bob>", NOBODY) == "&lt;@bob&gt;"


# --- In a room --------------------------------------------------------------------------------------------------------


@pytest.fixture
def group(alice: User, bob: User) -> Room:
    return create_group(owner=alice, name="Boats", people=[bob])


def draft(sender: User, room: Room, body: str) -> Draft:
    return Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body)


def test_members_are_named_whatever_the_case(group: Room, alice: User, bob: User) -> None:
    mentioned = mentions_of(draft(alice, group, "@BOB @bob"))

    assert mentioned.ids == (bob.pk,)
    assert mentioned.public_ids == [bob.public_id]


def test_who_is_no_member_is_not_named(group: Room, alice: User, bob: User, eve: User) -> None:
    Membership.objects.filter(room=group, user=bob).update(state=Membership.State.LEFT)

    assert not mentions_of(draft(alice, group, "@bob @eve @alice"))


def test_a_look_alike_is_not_named(group: Room, alice: User) -> None:
    assert not mentions_of(draft(alice, group, "@b0b"))


def test_whom_one_blocked_one_doesnt_name(group: Room, alice: User, bob: User) -> None:
    Block.objects.create(blocker=alice, blocked=bob)
    assert not mentions_of(draft(alice, group, "@bob"))


def test_who_blocked_one_can_be_named_and_hears_nothing_of_it(group: Room, alice: User, bob: User) -> None:
    """A name that isn't marked would tell of the block."""
    Block.objects.create(blocker=bob, blocked=alice)
    post_messages([draft(alice, group, "@bob")])

    assert mentions_of(draft(alice, group, "@bob"))
    place = load_memberships(Membership.objects.filter(room=group, user=bob))[0]
    assert (place.unread, place.mention_seq) == (0, None)


@pytest.mark.parametrize("word", ["@everyone", "@All", "@here"])
def test_in_a_small_room_anybody_calls_everybody(group: Room, bob: User, word: str) -> None:
    mentioned = mentions_of(draft(bob, group, f"{word}: soup"))

    assert mentioned.ids == (None,)
    assert mentioned.public_ids == ["everyone"]


def test_in_a_larger_room_only_those_who_keep_order_do(group: Room, alice: User, bob: User) -> None:
    Room.objects.filter(pk=group.pk).update(member_count=11)

    assert not mentions_of(draft(bob, group, "@everyone"))
    assert mentions_of(draft(alice, group, "@everyone")).everyone


def test_an_outsider_names_nobody(group: Room, eve: User) -> None:
    assert not mentions_of(draft(eve, group, "@everyone"))


def test_a_direct_room_has_no_mentions(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)

    assert not mentions_of(draft(alice, room, "@bob @everyone"))


def test_one_query_for_names_and_none_without(
    group: Room, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        mentions_of(draft(alice, group, "no names, mail me@example.org"))
    with django_assert_num_queries(1):
        mentions_of(draft(alice, group, "@bob @eve @everyone " + " ".join(f"@n{i}" for i in range(300))))


def test_at_most_twenty_people_are_named_at_once(alice: User) -> None:
    people = [make_user(f"m{number:02}", password="x") for number in range(25)]
    group = create_group(owner=alice, name="Many", people=people)

    mentioned = mentions_of(draft(alice, group, " ".join(f"@{one.username}" for one in people)))

    assert len(mentioned.ids) == 20


def test_what_is_marked_can_be_read_from_the_html() -> None:
    named = Mentioned({"bob": (1, "BobsId")}, everyone=True)

    assert marked(render("@bob @BOB *and* @everyone", named)) == ["BobsId", "everyone"]
    assert marked(render('`data-user="BobsId"` class="mention" data-user="BobsId" *x*')) == []
