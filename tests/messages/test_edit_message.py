"""Saying something else in the place of a message."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.errors import ChatError, EditTooLate, EmptyBody, MessageGone, NotAccepting, NotFound, NotYours, TooManyEdits
from chat.messages import changes
from chat.messages.changes import edit_message, remove_message
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Attachment, Membership, Mention, Message, MessageEdit, MessageSearch, Room
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db


def test_the_text_changes_under_the_next_number(room: Room, alice: User, bob: User, say: Say, told) -> None:
    first, _ = say(alice, room, "helo"), say(bob, room, "hi")

    rows = told(lambda: edit_message(user_id=alice.pk, room=room.public_id, seq=first.seq, body=" *hello* \n"))

    first.refresh_from_db()
    assert (first.seq, first.rev, first.body, first.html) == (1, 3, " *hello*", "<p> <em>hello</em></p>")
    (row,) = rows
    assert (row["seq"], row["rev"], row["body"], row["html"]) == (1, 3, " *hello*", first.html)
    assert row["edited"]
    assert row["created"] < row["edited"]
    room.refresh_from_db()
    assert room.last_rev == 3


def test_formatting_goes_with_its_text(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "*one*")

    edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="one")

    message.refresh_from_db()
    assert (message.body, message.html) == ("one", "")


def test_what_it_said_before_is_kept(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "one")
    for body in ("two", "three"):
        edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body=body)

    earlier = MessageEdit.objects.filter(message=message).order_by("pk")
    assert [edit.body for edit in earlier] == ["one", "two"]
    assert earlier[0].written_at == message.created_at
    assert message.created_at < earlier[1].written_at


def test_the_same_text_again_is_no_change(room: Room, alice: User, say: Say, told) -> None:
    message = say(alice, room, "hello")

    rows = told(lambda: edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="\nhello  "))

    assert rows == []
    message.refresh_from_db()
    assert (message.rev, message.edited_at) == (1, None)
    assert not MessageEdit.objects.exists()


def test_who_is_named_follows_the_text(group: Room, alice: User, bob: User, carol: User, say: Say, told) -> None:
    message = say(alice, group, "@bob and @carol, please")
    kept = Mention.objects.get(message=message, user=carol)

    (row,) = told(
        lambda: edit_message(user_id=alice.pk, room=group.public_id, seq=message.seq, body="@carol, @everyone!")
    )

    named = dict(Mention.objects.filter(message=message).values_list("user", "pk"))
    assert named.keys() == {carol.pk, None}
    assert named[carol.pk] == kept.pk
    assert f'data-user="{carol.public_id}"' in row["html"]
    assert bob.public_id not in row["html"]


def test_the_search_forgets_what_it_said(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "secret")
    MessageSearch.objects.create(message=message, room=room, words="secret", said_at=message.created_at)

    edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="nothing")

    assert not MessageSearch.objects.filter(words="secret").exists()


def test_a_file_may_lose_its_words_a_text_may_not(room: Room, alice: User, say: Say) -> None:
    bare, titled = say(alice, room, "text"), say(alice, room, "title")
    Attachment.objects.create(room=room, uploader=alice, message=titled, kind="file", name="a", mime="a/b", size=1)

    edit_message(user_id=alice.pk, room=room.public_id, seq=titled.seq, body=" ")

    titled.refresh_from_db()
    assert titled.body == ""
    with pytest.raises(EmptyBody):
        edit_message(user_id=alice.pk, room=room.public_id, seq=bare.seq, body=" ")


@pytest.mark.parametrize(
    ("minutes", "age", "allowed"), [(15, 14, True), (15, 16, False), (0, 0, False), (-1, 10_000, True)]
)
def test_the_window(room: Room, alice: User, say: Say, settings, minutes: int, age: int, allowed: bool) -> None:
    settings.LIVE = {**settings.LIVE, "EDIT_MINUTES": minutes}
    message = say(alice, room, created_at=timezone.now() - timedelta(minutes=age))

    if allowed:
        edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="new")
    else:
        with pytest.raises(EditTooLate):
            edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="new")

    message.refresh_from_db()
    assert (message.body == "new") is allowed


def refused(by: User, message: Message) -> type[ChatError]:
    with pytest.raises(ChatError) as refusal:
        edit_message(user_id=by.pk, room=message.room.public_id, seq=message.seq, body="mine now")
    message.refresh_from_db()
    assert "mine now" not in message.body
    return refusal.type


def test_only_its_author_edits_it(group: Room, alice: User, carol: User, eve: User, say: Say) -> None:
    message = say(carol, group)

    assert refused(alice, message) is NotYours  # the room's owner, too
    assert refused(eve, message) is NotFound


def test_nobody_edits_what_they_cannot_see(group: Room, alice: User, say: Say) -> None:
    message = say(alice, group)
    place = Membership.objects.filter(room=group, user=alice)

    place.update(visible_from_seq=message.seq + 1)
    assert refused(alice, message) is MessageGone
    place.update(visible_from_seq=0, state=Membership.State.LEFT)
    assert refused(alice, message) is NotFound


def test_what_was_removed_stays_removed(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    remove_message(user_id=alice.pk, room=room.public_id, seq=message.seq)

    assert refused(alice, message) is MessageGone


def test_who_may_not_write_may_not_write_by_editing(room: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, room)
    Membership.objects.filter(room=room, user=alice).update(posting=Membership.Posting.REFUSED)

    assert refused(alice, message) is NotAccepting


def test_a_quiet_line_is_nobodys_message(room: Room, alice: User, say: Say) -> None:
    event = Message.objects.create(
        room=room, seq=1, rev=1, sender=alice, client_id="0" * 32, kind="event", event={"what": "pinned", "seq": 1}
    )

    assert refused(alice, event) is MessageGone


def test_a_post_repeated_after_an_edit_is_answered_as_the_first_time(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "one")
    edit_message(user_id=alice.pk, room=room.public_id, seq=message.seq, body="two")
    draft = Draft(sender_id=alice.pk, room=room.public_id, client_id=message.client_id, body="one")

    (outcome,) = post_messages([draft])

    assert isinstance(outcome, Posted)
    assert outcome.repeated
    assert (outcome.post.row["seq"], outcome.post.row["body"]) == (message.seq, "two")
    assert Message.objects.count() == 1


def test_a_message_is_edited_so_often_and_no_more(
    room: Room, alice: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_EDITS", 2)
    message = say(alice, room, "one")
    place = {"user_id": alice.pk, "room": room.public_id, "seq": message.seq}
    for body in ("two", "three"):
        edit_message(body=body, **place)

    with pytest.raises(TooManyEdits):
        edit_message(body="four", **place)

    message.refresh_from_db()
    assert message.body == "three"
