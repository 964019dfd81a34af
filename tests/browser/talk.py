"""Talk that was there before a test begins."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership, Message, Room


def say(room: Room, sender: User, *bodies: str) -> None:
    """`sender` says these things, now."""
    drafts = [Draft(sender_id=sender.pk, room=room.public_id, client_id=uuid4(), body=body) for body in bodies]
    assert all(isinstance(outcome, Posted) for outcome in post_messages(drafts))


def talked(room: Room, *people: User, count: int, days: int = 3) -> list[str]:
    """`count` messages over the last `days` days, in turns, all of them read. Returns their texts."""
    begin = timezone.now() - timedelta(days=days)
    step = timedelta(days=days) / (count + 1)
    texts = [f"Message {number}" + " and more of it" * (number % 7) for number in range(1, count + 1)]
    Message.objects.bulk_create(
        Message(room=room, seq=number, rev=number, sender=people[number % len(people)], client_id=uuid4(), body=text,
                created_at=begin + step * number)
        for number, text in enumerate(texts, start=1)
    )  # fmt: skip
    Room.objects.filter(pk=room.pk).update(last_rev=count, last_message_at=begin + step * count)
    Membership.objects.filter(room=room).update(recv_seq=count, read_seq=count, shown_read_seq=count)
    room.refresh_from_db()
    return texts


def rows(room: Room) -> list[str]:
    """What was said in the room, in its order."""
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))
