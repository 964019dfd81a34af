"""A room of two, a group, and ways to say something in them and to hear what the room was told."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat import events
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership, Message, Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user

Say = Callable[..., Message]
Row = dict[str, Any]


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """Where Alice and Bob talk."""
    return open_direct_room(opener=alice, other=bob)


@pytest.fixture
def carol(db: None) -> User:
    """The third one of the group."""
    return make_user("carol")


@pytest.fixture
def group(alice: User, bob: User, carol: User) -> Room:
    """Alice's group: she owns it, Bob keeps order, Carol is a member."""
    room = Room.objects.create(kind=Room.Kind.GROUP, name="Garden", member_count=3)
    roles = {alice: Membership.Role.OWNER, bob: Membership.Role.MODERATOR, carol: Membership.Role.MEMBER}
    Membership.objects.bulk_create(Membership(room=room, user=user, role=role) for user, role in roles.items())
    return room


@pytest.fixture
def say() -> Say:
    """`say(user, room, "text")` posts a message and returns it."""

    def post(user: User, room: Room, body: str = "hello", **fields: Any) -> Message:
        draft = Draft(sender_id=user.pk, room=room.public_id, client_id=uuid4(), body=body, **fields)
        (outcome,) = post_messages([draft])
        assert isinstance(outcome, Posted), outcome
        return Message.objects.get(room=room, seq=outcome.post.row["seq"])

    return post


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Callable[[Callable], list[Row]]:
    """`told(lambda: ...)` does it, and returns the rows the rooms were told of once it was committed."""

    def listen(do: Callable[[], object]) -> list[Row]:
        heard: list[Row] = []
        with monkeypatch.context() as patch:
            patch.setattr(events.bus, "publish", lambda items: None)
            patch.setattr(events, "messages_posted", lambda posts: heard.extend(post.row for post in posts))
            with django_capture_on_commit_callbacks(execute=True):
                do()
        return heard

    return listen


@pytest.fixture
def personal(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Iterator[Callable[[Callable], list[tuple[int, Row]]]]:
    """`personal(lambda: ...)` does it, and returns (user id, frame) of every word about somebody's own place."""

    def listen(do: Callable[[], object]) -> list[tuple[int, Row]]:
        heard: list[tuple[int, Row]] = []
        with monkeypatch.context() as patch:
            patch.setattr(events.bus, "publish", lambda items: None)
            patch.setattr(
                events,
                "memberships_changed",
                lambda changed: heard.extend((place.user_id, frame) for place, frame in changed),
            )
            with django_capture_on_commit_callbacks(execute=True):
                do()
        return heard

    return listen  # type: ignore[return-value]
