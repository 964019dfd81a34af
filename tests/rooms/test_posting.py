"""Who may write in a room: the rule as a table, and what keeps the column true."""

from itertools import product

import pytest

from accounts.models import Block, User
from chat.models import Membership, Room
from chat.rooms.posting import (
    Stance,
    posting_between,
    posting_in_group,
    renew_company_of,
    renew_posting,
    renew_rooms_of,
)
from chat.rooms.services import open_direct_room

OPEN = Stance()
SHUT = [Stance(blocks=True), Stance(is_closed=True), Stance(audience="nobody"), Stance(audience="shared")]
# mine, theirs -> what stands between me and a message
TABLE = [
    (OPEN, OPEN, "free"),
    (OPEN, Stance(state="request"), "asking"),
    (Stance(state="request"), OPEN, "asked"),
    (OPEN, Stance(state="declined"), "refused"),
    (OPEN, Stance(state="left"), "refused"),
    (Stance(state="request"), Stance(blocks=True), "asked"),
    (Stance(state="request", audience="nobody"), OPEN, "asked"),
    (OPEN, Stance(state="request", blocks=True), "refused"),
    *[(OPEN, shut, "refused") for shut in SHUT],
    *[(shut, OPEN, "blocking") for shut in SHUT],
    *[(one, other, "blocking") for one, other in product(SHUT, SHUT)],
    *[(shut, Stance(state="request"), "blocking") for shut in SHUT],
]


@pytest.mark.unit
@pytest.mark.parametrize(("mine", "theirs", "expected"), TABLE)
def test_between_two(mine: Stance, theirs: Stance, expected: str) -> None:
    assert posting_between(mine, theirs, company=False) == expected


@pytest.mark.unit
def test_company_opens_what_is_for_company_and_nothing_else() -> None:
    shared = Stance(audience="shared")

    assert posting_between(OPEN, shared, company=True) == "free"
    assert posting_between(shared, OPEN, company=True) == "free"
    for shut in SHUT[:3]:
        assert posting_between(OPEN, shut, company=True) == "refused"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("role", "is_announcement", "expected"),
    [
        ("owner", True, "free"),
        ("moderator", True, "free"),
        ("member", True, "reading"),
        ("owner", False, "free"),
        ("member", False, "free"),
    ],
)
def test_in_a_group(role: str, is_announcement: bool, expected: str) -> None:
    assert posting_in_group(role, is_announcement=is_announcement) == expected


def postings(room: Room, *people: User) -> list[str]:
    found = dict(Membership.objects.filter(room=room).values_list("user", "posting"))
    return [found[person.pk] for person in people]


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


@pytest.mark.django_db
def test_a_block_is_found(room: Room, alice: User, bob: User) -> None:
    Block.objects.create(blocker=alice, blocked=bob)
    renew_posting(room)

    assert postings(room, alice, bob) == ["blocking", "refused"]


@pytest.mark.django_db
def test_only_what_changed_gets_a_new_version(room: Room, alice: User, bob: User) -> None:
    def versions() -> list[int]:
        return list(room.memberships.order_by("pk").values_list("version", flat=True))

    before = versions()
    renew_posting(room)

    assert versions() == before

    Block.objects.create(blocker=alice, blocked=bob)
    renew_posting(room)
    renew_posting(room)

    assert versions() == [version + 1 for version in before]


@pytest.mark.django_db
def test_who_chooses_nobody_shuts_every_room_of_theirs(alice: User, bob: User, eve: User) -> None:
    rooms = [open_direct_room(opener=alice, other=bob), open_direct_room(opener=eve, other=bob)]
    other = open_direct_room(opener=alice, other=eve)
    User.objects.filter(pk=bob.pk).update(write_audience="nobody")
    renew_rooms_of(bob.pk)

    assert [postings(room, bob)[0] for room in rooms] == ["blocking", "blocking"]
    assert postings(rooms[0], alice) == postings(rooms[1], eve) == ["refused"]
    assert postings(other, alice, eve) == ["free", "free"]


@pytest.mark.django_db
def test_company_comes_and_goes(room: Room, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(write_audience="shared")
    renew_rooms_of(bob.pk)
    assert postings(room, alice, bob) == ["refused", "blocking"]

    group = Room.objects.create(kind=Room.Kind.GROUP, name="Runners")
    Membership.objects.bulk_create(Membership(room=group, user=person) for person in (alice, bob))
    renew_company_of(alice.pk)
    assert postings(room, alice, bob) == ["free", "free"]

    Membership.objects.filter(room=group, user=alice).update(state="left")
    renew_company_of(alice.pk)
    assert postings(room, alice, bob) == ["refused", "blocking"]


@pytest.mark.django_db
def test_notes_to_self_stay_free(alice: User) -> None:
    notes = open_direct_room(opener=alice, other=alice)
    User.objects.filter(pk=alice.pk).update(write_audience="nobody")
    renew_rooms_of(alice.pk)

    assert postings(notes, alice) == ["free"]


@pytest.mark.django_db
def test_an_announcement_room_is_for_those_who_keep_order(alice: User, bob: User, eve: User) -> None:
    room = Room.objects.create(kind=Room.Kind.GROUP, name="News", is_announcement=True)
    for person, role in [(alice, "owner"), (bob, "moderator"), (eve, "member")]:
        Membership.objects.create(room=room, user=person, role=role)
    renew_posting(room)
    assert postings(room, alice, bob, eve) == ["free", "free", "reading"]

    room.is_announcement = False
    renew_posting(room)
    assert postings(room, alice, bob, eve) == ["free", "free", "free"]
