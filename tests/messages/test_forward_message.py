"""Saying in one room what was said in another."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from chat.errors import AttachmentGone, ChatError, IdReused, MessageGone, NotAccepting, NotFound, SlowDown
from chat.live import limits
from chat.messages.changes import remove_message
from chat.messages.forwarding import forward_message
from chat.models import Attachment, Membership, Message, Room
from chat.people.blocks import block_person
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db


def forward(by: User, message: Message, to: Room, client_id: UUID | None = None) -> None:
    forward_message(
        user_id=by.pk,
        epoch=None,
        room=message.room.public_id,
        seq=message.seq,
        to=to.public_id,
        client_id=client_id or uuid4(),
    )


def test_it_is_said_there_by_who_forwards_it(room: Room, group: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room, "*look*")

    (row,) = told(lambda: forward(bob, message, group))

    assert (row["sender"], row["body"], row["html"]) == (bob.public_id, "*look*", "<p><em>look</em></p>")
    assert row["forwarded"] is True
    assert alice.public_id not in str(row)
    assert room.public_id not in str(row)


def test_the_same_id_is_the_same_message(room: Room, group: Room, alice: User, say: Say) -> None:
    message, client_id = say(alice, room, "look"), uuid4()

    for _ in range(2):
        forward(alice, message, group, client_id)

    assert Message.objects.filter(room=group).count() == 1
    with pytest.raises(IdReused):
        forward(alice, message, room, client_id)


def with_file(message: Message) -> Attachment:
    """A plan goes out with the message."""
    original = Attachment(
        room=message.room,
        uploader=message.sender,
        message=message,
        kind="file",
        name="plan.txt",
        mime="text/plain",
        size=4,
        alt="a plan",
    )
    original.file.save("plan", ContentFile(b"plan"))
    return original


def test_files_go_with_it_as_copies(room: Room, group: Room, alice: User, bob: User, say: Say, told) -> None:
    message = say(alice, room, "look")
    original = with_file(message)

    forward(bob, message, group)
    told(lambda: remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq))

    (copy,) = Attachment.objects.all()
    assert (copy.uploader, copy.room, copy.message.room) == (bob, group, group)
    assert (copy.name, copy.mime, copy.alt) == ("plan.txt", "text/plain", "a plan")
    assert copy.file.name != original.file.name
    assert copy.file.read() == b"plan"
    copy.file.delete()


def refused(by: User, message: Message, to: Room) -> type[ChatError]:
    before = Message.objects.count()
    with pytest.raises(ChatError) as refusal:
        forward(by, message, to)
    assert Message.objects.count() == before
    return refusal.type


def test_only_what_one_may_see_to_where_one_may_write(
    room: Room, group: Room, alice: User, bob: User, carol: User, eve: User, say: Say
) -> None:
    message, elsewhere = say(alice, room), say(carol, group)

    assert refused(eve, message, room) is NotFound
    assert refused(carol, message, group) is NotFound
    assert refused(carol, elsewhere, room) is NotFound
    Membership.objects.filter(room=room, user=bob).update(posting=Membership.Posting.REFUSED)
    assert refused(bob, elsewhere, room) is NotAccepting
    Membership.objects.filter(room=group, user=bob).update(visible_from_seq=elsewhere.seq + 1)
    assert refused(bob, elsewhere, group) is MessageGone


def test_not_what_was_removed(room: Room, group: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)

    assert refused(alice, message, group) is MessageGone


def test_no_files_that_one_may_not_fetch_any_more(room: Room, group: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, room)
    with_file(message)
    block_person(blocker=alice, blocked=bob, on=True)

    assert refused(bob, message, group) is AttachmentGone
    assert Attachment.objects.count() == 1
    forward(alice, message, group)  # her own


def test_copies_count_as_files_sent_in_and_none_is_left_of_a_refusal(
    room: Room,
    group: Room,
    alice: User,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable,
) -> None:
    message = say(alice, room)
    with_file(message)
    with_file(message)
    monkeypatch.setattr(limits, "uploads", limits.Limit(1, 0.001))

    with django_capture_on_commit_callbacks(execute=True):
        assert refused(alice, message, group) is SlowDown

    assert Attachment.objects.count() == 2
