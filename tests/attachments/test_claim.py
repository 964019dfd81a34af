"""Whether files may go out with a message."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.attachments.claims import claim
from chat.attachments.presenters import described
from chat.errors import AttachmentGone
from chat.models import Attachment, Message, Room
from chat.rooms.services import open_direct_room

pytestmark = pytest.mark.django_db


def upload(room: Room, uploader: User, **fields: object) -> Attachment:
    values = {"kind": "file", "name": "plan.pdf", "mime": "application/pdf", "size": 3, "file": "attachments/x"}
    return Attachment.objects.create(room=room, uploader=uploader, **{**values, **fields})


def claimed(uploader: User, room: Room, *files: Attachment) -> list[Attachment]:
    with transaction.atomic():
        return claim(sender_id=uploader.pk, room_id=room.pk, ids=[one.public_id for one in files])


def test_ones_own_files_come_in_the_order_asked_for(alice: User, room: Room) -> None:
    one, two = upload(room, alice), upload(room, alice)

    assert claimed(alice, room, two, one) == [two, one]


def test_somebody_elses_file_is_refused(alice: User, bob: User, room: Room) -> None:
    with pytest.raises(AttachmentGone):
        claimed(bob, room, upload(room, alice))


def test_a_file_of_another_room_is_refused(alice: User, eve: User, room: Room) -> None:
    other = open_direct_room(opener=alice, other=eve)

    with pytest.raises(AttachmentGone):
        claimed(alice, room, upload(other, alice))


def test_a_file_that_was_sent_is_refused(alice: User, room: Room) -> None:
    message = Message.objects.create(room=room, seq=1, rev=1, sender=alice, client_id=uuid4(), body="hello")

    with pytest.raises(AttachmentGone):
        claimed(alice, room, upload(room, alice, message=message))


def test_a_file_that_waited_too_long_is_refused(alice: User, room: Room) -> None:
    with pytest.raises(AttachmentGone):
        claimed(alice, room, upload(room, alice, created_at=timezone.now() - timedelta(days=1, seconds=1)))


def test_the_same_file_twice_is_refused(alice: User, room: Room) -> None:
    one = upload(room, alice)

    with pytest.raises(AttachmentGone):
        claimed(alice, room, one, one)


def test_a_row_says_only_what_there_is(alice: User, room: Room) -> None:
    plain = upload(room, alice)
    picture = upload(room, alice, kind="image", width=4, height=3, thumbnail="attachments/y", alt="A bridge")

    assert described(plain) == {
        "id": plain.public_id, "kind": "file", "name": "plan.pdf", "mime": "application/pdf", "size": 3,
    }  # fmt: skip
    assert described(picture) | {"width": 4, "height": 3, "thumb": True, "alt": "A bridge"} == described(picture)
