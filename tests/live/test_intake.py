"""Group commit: what gathers is written together, in order, and nobody pays for somebody else's locked room."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction

from accounts.models import User
from chat.errors import Busy, ChatError, NotFound, SlowDown
from chat.live import intake
from chat.live.database import in_writer
from chat.live.intake import Intake
from chat.messages.drafts import Draft
from chat.messages.services import Outcome, Posted
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.live.client import Join
from tests.threads import in_a_loop

Story = Callable[[Intake, "Writer"], Coroutine[Any, Any, None]]


class Writer:
    """Stands for the database: remembers each batch, holds it until told, and knows which rooms are locked."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.locked: set[str] = set()
        self.going_on = threading.Event()
        self.fails: Exception | None = None

    def __call__(self, drafts: list[Draft], *, wait: bool) -> list[Outcome]:
        assert wait is False
        self.batches.append([draft.body for draft in drafts])
        assert self.going_on.wait(5)
        if self.fails:
            raise self.fails
        return [self.judge(draft) for draft in drafts]

    def judge(self, draft: Draft) -> Outcome:
        if draft.room in self.locked:
            return Busy()
        return NotFound() if draft.room == "nowhere" else Posted(post=None)  # type: ignore[arg-type]

    @property
    def written(self) -> list[str]:
        return [body for batch in self.batches for body in batch]


def draft(body: str, room: str = "room") -> Draft:
    return Draft(sender_id=1, room=room, client_id=uuid4(), body=body)


def tell(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        writer = Writer()
        monkeypatch.setattr(intake, "post_messages", writer)
        await story(Intake(asyncio.get_running_loop()), writer)

    in_a_loop(run())


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def accepted(refusal: ChatError) -> None:
    raise AssertionError(f"refused: {refusal.code}")


@pytest.mark.unit
def test_alone_a_post_waits_for_nobody_and_a_crowd_goes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        one.submit(draft("first"), accepted)
        await until(lambda: writer.batches == [["first"]])
        for number in range(5):
            one.submit(draft(f"m{number}"), accepted)
        writer.going_on.set()
        await one.finish(5)

        assert writer.batches == [["first"], ["m0", "m1", "m2", "m3", "m4"]]

    tell(story, monkeypatch)


@pytest.mark.unit
def test_a_batch_is_no_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        one.submit(draft("0"), accepted)
        await until(lambda: writer.batches == [["0"]])
        for number in range(1, 601):
            one.submit(draft(str(number)), accepted)
        writer.going_on.set()
        await one.finish(5)

        assert [len(batch) for batch in writer.batches] == [1, 256, 256, 88]
        assert writer.written == [str(number) for number in range(601)]

    tell(story, monkeypatch)


@pytest.mark.unit
def test_when_too_many_wait_the_next_is_told_to_slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        for number in range(intake.WAITING):
            one.submit(draft(str(number)), accepted)
        with pytest.raises(SlowDown) as refusal:
            one.submit(draft("too much"), accepted)
        assert refusal.value.retry_after
        writer.going_on.set()
        await one.finish(5)
        one.submit(draft("again"), accepted)
        await one.finish(5)

        assert len(writer.written) == intake.WAITING + 1

    tell(story, monkeypatch)


@pytest.mark.unit
def test_a_refusal_reaches_its_sender_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        refused: list[str] = []
        writer.going_on.set()
        one.submit(draft("mine"), accepted)
        one.submit(draft("astray", "nowhere"), lambda refusal: refused.append(refusal.code))
        one.submit(draft("yours"), accepted)
        await one.finish(5)

        assert refused == ["not_found"]

    tell(story, monkeypatch)


@pytest.mark.unit
def test_what_breaks_is_told_to_the_senders_and_the_next_batch_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        refused: list[str] = []
        writer.fails = RuntimeError("broken")
        writer.going_on.set()
        one.submit(draft("lost?"), lambda refusal: refused.append(refusal.code))
        await one.finish(5)
        assert refused == ["unavailable"]
        writer.fails = None
        one.submit(draft("again"), accepted)
        await one.finish(5)

        assert writer.written == ["lost?", "again"]

    tell(story, monkeypatch)


@pytest.mark.unit
def test_a_locked_room_waits_aside_in_its_order_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        writer.locked.add("locked")
        one.submit(draft("L1", "locked"), accepted)
        await until(lambda: writer.batches == [["L1"]])
        one.submit(draft("L2", "locked"), accepted)
        one.submit(draft("free 1"), accepted)
        writer.going_on.set()
        await until(lambda: "free 1" in writer.written)
        one.submit(draft("L3", "locked"), accepted)
        one.submit(draft("free 2"), accepted)
        await until(lambda: "free 2" in writer.written)

        writer.locked.clear()
        before = len(writer.batches)
        await one.finish(5)
        assert [body for batch in writer.batches[before:] for body in batch] == ["L1", "L2", "L3"]

    tell(story, monkeypatch)


@pytest.mark.unit
def test_who_waits_too_long_for_a_lock_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(one: Intake, writer: Writer) -> None:
        refused: list[ChatError] = []
        monkeypatch.setattr(intake, "PATIENCE", 0.05)
        writer.locked.add("locked")
        writer.going_on.set()
        one.submit(draft("patience", "locked"), refused.append)
        await one.finish(5)

        assert [(refusal.code, bool(refusal.retry_after)) for refusal in refused] == [("unavailable", True)]
        assert len(writer.batches) > 2

    tell(story, monkeypatch)


# --- With a real database --------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.site
def test_a_room_that_somebody_locks_holds_up_no_other(
    join: Join, room: Room, alice: User, bob: User, eve: User
) -> None:
    other = open_direct_room(opener=bob, other=eve)
    mine, theirs = join(alice), join(eve)
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        mine.post(room.public_id, "first")
        mine.post(room.public_id, "second")
        for number in range(5):
            theirs.post(other.public_id, str(number))
            assert theirs.expect("ack", timeout=2)["rev"] == number + 1
        assert mine.drain() == []
    assert [mine.expect("ack")["rev"] for _ in range(2)] == [1, 2]
    assert list(room.messages.order_by("seq").values_list("body", flat=True)) == ["first", "second"]


@pytest.mark.postgres
@pytest.mark.site
def test_what_was_sent_is_stored_though_its_socket_is_gone(join: Join, room: Room, alice: User) -> None:
    mine = join(alice)
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        mine.post(room.public_id, "and off")
        mine.connection.socket.close()
    back = join(alice)
    back.post(room.public_id, "back again")
    back.expect("ack", rev=2)
    assert list(room.messages.order_by("seq").values_list("body", flat=True)) == ["and off", "back again"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_people_who_write_at_once_into_many_rooms_keep_every_rooms_order() -> None:
    people = [make_user(f"writer{number}") for number in range(4)]
    rooms = [open_direct_room(opener=one, other=other) for one in people for other in people if one.pk < other.pk]

    async def write() -> list[ChatError]:
        one = Intake(asyncio.get_running_loop())
        refused: list[ChatError] = []
        for number in range(300):
            room = rooms[number % len(rooms)]
            sender = int(room.pair_key.split(":")[number % 2])
            one.submit(
                Draft(sender_id=sender, room=room.public_id, client_id=uuid4(), body=str(number)), refused.append
            )
            if number % 7 == 0:
                await asyncio.sleep(0.001)
        await one.finish(20)
        in_writer(connections.close_all)
        return refused

    assert in_a_loop(write()) == []
    for room in rooms:
        rows = list(room.messages.order_by("seq").values_list("seq", "body"))
        assert [seq for seq, _ in rows] == list(range(1, 51))
        assert [int(body) for _, body in rows] == sorted(int(body) for _, body in rows)
