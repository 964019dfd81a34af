"""The one write path: what it stores, what it refuses, and that one bad draft never fails its neighbours."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.errors import Busy, ChatError
from chat.events import PostedRow
from chat.messages import portable, services
from chat.messages.services import Draft, Outcome, Posted, post_messages
from chat.models import Membership, Message, Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.threads import together

pytestmark = pytest.mark.django_db

ON_POSTGRES = connection.vendor == "postgresql"


@pytest.fixture(autouse=True, params=["by the function", "by the ORM"] if ON_POSTGRES else ["by the ORM"])
def body(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both bodies of the one write path, where the database has both."""
    if request.param == "by the ORM":
        monkeypatch.setattr(services, "postgres", portable)


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[PostedRow]:
    """What the sockets would have heard."""
    heard: list[PostedRow] = []
    monkeypatch.setattr(events, "messages_posted", heard.extend)
    return heard


def draft(sender: User, room: Room, body: str = "hello", **fields: object) -> Draft:
    fields.setdefault("client_id", uuid4())
    return Draft(sender_id=sender.pk, room=room.public_id, body=body, **fields)


def refusal(outcome: Outcome) -> str:
    assert isinstance(outcome, ChatError)
    return outcome.code


def row(outcome: Outcome) -> dict:
    assert isinstance(outcome, Posted)
    return outcome.post.row


def test_a_message_gets_the_rooms_next_number(alice: User, bob: User, room: Room) -> None:
    first, second = (row(post_messages([draft(person, room)])[0]) for person in (alice, bob))

    assert (first["seq"], first["rev"]) == (1, 1)
    assert (second["seq"], second["rev"]) == (2, 2)
    room.refresh_from_db()
    assert room.last_rev == 2
    assert list(room.messages.order_by("seq").values_list("sender", flat=True)) == [alice.pk, bob.pk]


def test_the_answer_tells_public_things_only(alice: User, room: Room) -> None:
    sent = draft(alice, room, "tea?")

    told = row(post_messages([sent])[0])

    assert told["sender"] == alice.public_id
    assert told["client_id"] == str(sent.client_id)
    assert told["body"] == "tea?"
    assert told["created"].endswith("Z")


def test_an_outsider_is_refused_as_if_the_room_were_not_there(eve: User, room: Room) -> None:
    nowhere = Draft(sender_id=eve.pk, room="nosuchroom", client_id=uuid4(), body="hello")

    theirs, unknown = (post_messages([one])[0] for one in (draft(eve, room), nowhere))

    assert refusal(theirs) == refusal(unknown) == "not_found"
    assert str(theirs) == str(unknown)
    assert not Message.objects.exists()


@pytest.mark.parametrize("state", [Membership.State.LEFT, Membership.State.REMOVED])
def test_who_left_or_was_removed_is_an_outsider(alice: User, room: Room, state: str) -> None:
    room.memberships.filter(user=alice).update(state=state)

    assert refusal(post_messages([draft(alice, room)])[0]) == "not_found"


def test_a_deactivated_person_is_signed_out(alice: User, room: Room) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert refusal(post_messages([draft(alice, room)])[0]) == "signed_out"


def test_a_socket_from_before_the_new_password_is_signed_out(alice: User, room: Room) -> None:
    before = alice.access_epoch
    alice.set_password("eight blue tricycles")
    alice.save()

    assert refusal(post_messages([draft(alice, room, epoch=before)])[0]) == "signed_out"
    assert row(post_messages([draft(alice, room, epoch=alice.access_epoch)])[0])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u200d", "empty"),
        ("x" * 4001, "too_long"),
        ("\U0001f600" * 4000 + "x", "too_long"),
        ("\u4e2d" * 4000, None),
        ("\U0001f600" * 4000, None),
        ("a\x00b", "bad_text"),
        ("a\ud800b", "bad_text"),
        ("Z" + "\u0301" * 11, "bad_text"),
        ("\u0e2a" + "\u0e47" * 30, "bad_text"),  # marks of no combining class stack too
        ("a" + ("\u0301" * 5 + "\u034f") * 9, "bad_text"),  # an invisible joiner between them doesn't help
        ("\u3164", "empty"),
        ("\ufe0f \u2800", "empty"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", None),
        ("\u1019\u103c\u1014\u103a\u1019\u102c\u1015\u103c\u100a\u103a", None),
        ("\U0001fadf", None),  # newer than some of the Unicode tables we run with
        ("Z" + "\u0301" * 10, None),
    ],
)
def test_text_that_cannot_be_sent_is_refused(alice: User, room: Room, body: str, code: str | None) -> None:
    outcome = post_messages([draft(alice, room, body)])[0]

    assert (outcome.code if isinstance(outcome, ChatError) else None) == code
    assert Message.objects.count() == (code is None)


def test_what_is_indented_stays_indented(alice: User, room: Room) -> None:
    sent = draft(alice, room, "\n  \n    def f():\n        pass\n\n ")

    stored = row(post_messages([sent])[0])

    assert stored["body"] == "    def f():\n        pass"
    assert post_messages([sent])[0].repeated


def test_four_byte_text_over_sixteen_kilobytes_is_too_long(alice: User, room: Room) -> None:
    body = "\U0001f600" * 3999 + "\U0001f468\u200d\U0001f469"

    assert refusal(post_messages([draft(alice, room, body)])[0]) == "too_long"


def test_the_same_id_with_the_same_content_is_stored_once(alice: User, room: Room, announced: list[PostedRow]) -> None:
    sent = draft(alice, room)
    first = post_messages([sent])[0]

    again = post_messages([sent])[0]

    assert row(again) == row(first)
    assert isinstance(again, Posted)
    assert again.repeated
    assert Message.objects.count() == 1


def test_the_same_id_thirty_days_later_is_the_same_message(alice: User, room: Room) -> None:
    sent = draft(alice, room, created_at=timezone.now() - timedelta(days=30))
    first = post_messages([sent])[0]
    post_messages([draft(alice, room) for _ in range(5)])

    assert row(post_messages([sent])[0]) == row(first)


def test_the_same_id_with_other_content_is_refused(alice: User, room: Room) -> None:
    sent = draft(alice, room)
    post_messages([sent])
    notes = open_direct_room(opener=alice, other=alice)

    other_text = draft(alice, room, "bye", client_id=sent.client_id)
    other_room = draft(alice, notes, client_id=sent.client_id)

    assert [refusal(outcome) for outcome in post_messages([other_text, other_room])] == ["id_reused", "id_reused"]
    assert Message.objects.count() == 1


def test_two_people_may_draw_the_same_id(alice: User, bob: User, room: Room) -> None:
    client_id = uuid4()

    outcomes = post_messages([draft(person, room, client_id=client_id) for person in (alice, bob)])

    assert [row(outcome)["seq"] for outcome in outcomes] == [1, 2]


def test_a_repeat_inside_one_batch_is_answered_like_a_later_one(alice: User, room: Room) -> None:
    sent = draft(alice, room)

    first, again = post_messages([sent, sent])

    assert row(first) == row(again)
    assert (first.repeated, again.repeated) == (False, True)
    assert Message.objects.count() == 1


def test_a_bad_draft_never_fails_its_neighbours(alice: User, bob: User, eve: User, room: Room) -> None:
    outcomes = post_messages(
        [draft(alice, room, "one"), draft(eve, room), draft(bob, room, ""), draft(bob, room, "two")]
    )

    assert [getattr(outcome, "code", "stored") for outcome in outcomes] == ["stored", "not_found", "empty", "stored"]
    assert list(room.messages.order_by("seq").values_list("seq", "body")) == [(1, "one"), (2, "two")]


def test_a_batch_numbers_each_room_by_itself(alice: User, bob: User, room: Room) -> None:
    notes = open_direct_room(opener=alice, other=alice)

    outcomes = post_messages([draft(alice, where) for where in (room, notes, room, notes, notes)])

    assert [row(outcome)["seq"] for outcome in outcomes] == [1, 1, 2, 2, 3]
    assert set(Room.objects.values_list("pk", "last_rev")) == {(room.pk, 2), (notes.pk, 3)}


def test_what_is_stored_is_announced_and_only_after_commit(
    alice: User, room: Room, announced: list[PostedRow], django_capture_on_commit_callbacks: Callable
) -> None:
    sent = draft(alice, room, origin="socket-1")
    with django_capture_on_commit_callbacks() as callbacks:
        post_messages([sent, sent, draft(alice, room, "")])
    assert not announced

    for callback in callbacks:
        callback()

    # The repeat too: the word of a first attempt may have been lost with its answer.
    assert [(post.row["seq"], post.origin) for post in announced] == [(1, "socket-1"), (1, "socket-1")]


def test_nothing_is_announced_when_nothing_commits(alice: User, room: Room, announced: list[PostedRow]) -> None:
    def post_and_crash() -> None:
        with transaction.atomic():
            post_messages([draft(alice, room)])
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        post_and_crash()

    assert not announced
    assert not Message.objects.exists()


def test_an_error_never_carries_the_text(alice: User, room: Room) -> None:
    outcome = post_messages([draft(alice, room, "my secret" + "\x00")])[0]

    assert "my secret" not in repr(outcome)


# --- Races: real threads on real connections ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_threads_that_post_at_once_leave_no_hole_and_no_double() -> None:
    people = [make_user(f"writer{number}") for number in range(4)]
    rooms = [open_direct_room(opener=people[0], other=other) for other in people[1:]]

    def write(number: int) -> list[Outcome]:
        room = rooms[number % 3]
        writer = people[0] if number % 2 else people[1 + number % 3]
        return [post_messages([draft(writer, room, f"{number}.{turn}")])[0] for turn in range(10)]

    results = together(6, write)

    assert all(isinstance(outcome, Posted) for outcomes in results for outcome in outcomes)
    for room in Room.objects.all():
        numbers = list(room.messages.order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, room.last_rev + 1))
    assert Message.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_one_id_sent_by_many_threads_into_two_rooms_is_stored_once() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    rooms = [open_direct_room(opener=alice, other=other) for other in (bob, alice)]
    client_id = uuid4()

    outcomes = together(6, lambda number: post_messages([draft(alice, rooms[number % 2], client_id=client_id)])[0])

    codes = {outcome.code for outcome in outcomes if isinstance(outcome, ChatError)}
    assert codes <= {"id_reused"}
    assert Message.objects.count() == 1
    winner = Message.objects.get().room
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 3
    assert all(outcome.post.room == winner.public_id for outcome in outcomes if isinstance(outcome, Posted))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_is_removed_while_the_post_waits_for_the_lock_cannot_post() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = open_direct_room(opener=alice, other=bob)
    outcomes: list[Outcome] = []

    def post() -> None:
        try:
            outcomes.extend(post_messages([draft(alice, room)]))
        finally:
            connections.close_all()

    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        thread = threading.Thread(target=post)
        thread.start()
        wait_until_somebody_waits_for_a_lock()
        Membership.objects.filter(room=room, user=alice).update(state=Membership.State.REMOVED)
    thread.join(10)

    assert [refusal(outcome) for outcome in outcomes] == ["not_found"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_ban_comes_wholly_before_or_wholly_after_a_post() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = open_direct_room(opener=alice, other=bob)
    outcomes: list[Outcome] = []

    def post() -> None:
        try:
            outcomes.extend(post_messages([draft(alice, room)]))
        finally:
            connections.close_all()

    with transaction.atomic():
        User.objects.filter(pk=alice.pk).update(is_active=False)
        thread = threading.Thread(target=post)
        thread.start()
        wait_until_somebody_waits_for_a_lock()
    thread.join(10)

    assert [refusal(outcome) for outcome in outcomes] == ["signed_out"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lock_that_never_comes_is_unavailable_and_may_be_tried_again() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = open_direct_room(opener=alice, other=bob)
    outcomes: list[Outcome] = []

    def post() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            outcomes.extend(post_messages([draft(alice, room)]))
        finally:
            connections.close_all()

    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        thread = threading.Thread(target=post)
        thread.start()
        thread.join(10)

    assert [refusal(outcome) for outcome in outcomes] == ["unavailable"]
    assert outcomes[0].retry_after


def wait_until_somebody_waits_for_a_lock() -> None:
    for _ in range(500):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits for a lock")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_does_not_wait_is_told_at_once_which_room_is_busy() -> None:
    alice, bob, eve = make_user("alice"), make_user("bob"), make_user("eve")
    room, notes = open_direct_room(opener=alice, other=bob), open_direct_room(opener=alice, other=alice)
    repeated = draft(alice, room, "before")
    post_messages([repeated])
    drafts = [draft(alice, room), draft(alice, notes), draft(eve, room), draft(alice, room, ""), repeated]

    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        outcomes = cast("list[Outcome]", together(1, lambda _: post_messages(drafts, wait=False))[0])

    assert isinstance(outcomes[0], Busy)
    assert [getattr(outcome, "code", "stored") for outcome in outcomes] == [
        "unavailable",
        "stored",
        "not_found",
        "empty",
        "stored",
    ]
    assert room.messages.count() == notes.messages.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_batches_that_take_the_same_rooms_the_other_way_round_never_deadlock() -> None:
    alice = make_user("alice")
    rooms = [open_direct_room(opener=alice, other=make_user(f"friend{number}")) for number in range(6)]

    def write(number: int) -> list[Outcome]:
        order = rooms if number % 2 else rooms[::-1]
        return [outcome for _ in range(15) for outcome in post_messages([draft(alice, room) for room in order])]

    results = together(4, write)

    assert all(isinstance(outcome, Posted) for outcomes in results for outcome in cast("list[Outcome]", outcomes))
    assert [room.messages.count() for room in rooms] == [60] * 6


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_somebody_whose_row_is_locked_holds_up_nobody_else() -> None:
    alice, bob, eve = make_user("alice"), make_user("bob"), make_user("eve")
    rooms = [open_direct_room(opener=alice, other=bob), open_direct_room(opener=bob, other=eve)]
    drafts = [draft(alice, rooms[0]), draft(eve, rooms[1])]

    with transaction.atomic():
        User.objects.select_for_update().get(pk=alice.pk)
        outcomes = cast("list[Outcome]", together(1, lambda _: post_messages(drafts, wait=False))[0])

    assert isinstance(outcomes[0], Busy)
    assert row(outcomes[1])["seq"] == 1
