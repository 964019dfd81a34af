"""What the one write path asks before it stores, and what it stores besides a text. In both of its bodies."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.messages.portable import BARRIERS
from chat.messages.services import Posted, is_plain, post_messages, prepare
from chat.models import Attachment, Membership, Mention, Message, Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.messages.test_post_messages import body, draft, refusal, row

pytestmark = pytest.mark.django_db

__all__ = ["body"]  # the fixture: each test runs with both bodies

Posting = Membership.Posting


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


def stand(room: Room, user: User, posting: str, **changes: object) -> None:
    Membership.objects.filter(room=room, user=user).update(posting=posting, **changes)


def upload(user: User, room: Room, name: str = "boat.webp") -> Attachment:
    kind, mime = Attachment.Kind.IMAGE, "image/webp"
    return Attachment.objects.create(uploader=user, room=room, name=name, kind=kind, mime=mime, size=10, file="x")


def group(*people: User) -> Room:
    made = Room.objects.create(kind=Room.Kind.GROUP, name="Runners", member_count=len(people))
    Membership.objects.bulk_create(Membership(room=made, user=person) for person in people)
    return made


# --- May they write? -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posting", "code"),
    [
        (Posting.REFUSED, "not_accepting"),
        (Posting.BLOCKING, "you_blocked"),
        (Posting.ASKED, "answer_first"),
        (Posting.READING, "read_only"),
    ],
)
def test_what_stands_between_is_said(room: Room, alice: User, bob: User, posting: str, code: str) -> None:
    stand(room, alice, posting)

    refused, stored = post_messages([draft(alice, room), draft(bob, room)])

    assert refusal(refused) == code
    assert row(stored)["seq"] == 1
    assert Message.objects.count() == 1


def test_whatever_can_stand_between_has_its_refusal() -> None:
    assert set(BARRIERS) == set(Posting) - {Posting.FREE, Posting.ASKING}


def test_who_asks_may_send_three_messages(room: Room, alice: User, bob: User) -> None:
    stand(room, alice, Posting.ASKING)
    first = draft(alice, room)

    outcomes = post_messages([first]) + post_messages([draft(alice, room) for _ in range(3)])

    assert [isinstance(outcome, Posted) for outcome in outcomes] == [True, True, True, False]
    assert refusal(outcomes[-1]) == "wait_for_answer"
    assert refusal(post_messages([draft(alice, room)])[0]) == "wait_for_answer"
    again = post_messages([first])[0]
    assert isinstance(again, Posted)
    assert again.repeated
    assert isinstance(post_messages([draft(bob, room)])[0], Posted)


def test_who_is_asked_is_in_the_room(room: Room, alice: User, bob: User) -> None:
    stand(room, bob, Posting.FREE, state=Membership.State.REQUEST)

    assert isinstance(post_messages([draft(bob, room)])[0], Posted)


@pytest.mark.parametrize("state", [Membership.State.DECLINED, Membership.State.LEFT, Membership.State.REMOVED])
def test_who_is_out_is_out(room: Room, bob: User, state: str) -> None:
    stand(room, bob, Posting.FREE, state=state)

    assert refusal(post_messages([draft(bob, room)])[0]) == "not_found"


# --- Replies ---------------------------------------------------------------------------------------------------------


def test_a_reply_quotes_what_it_answers(room: Room, alice: User, bob: User) -> None:
    post_messages([draft(alice, room, "Shall we? " * 30)])

    answer = row(post_messages([draft(bob, room, "We shall", reply_to=1)])[0])

    assert answer["reply"] == {"seq": 1, "sender": alice.public_id, "body": ("Shall we? " * 30)[:160]}
    assert Message.objects.get(seq=2).reply_to == 1


def test_what_is_not_there_cannot_be_answered(room: Room, alice: User, bob: User) -> None:
    post_messages([draft(alice, room), draft(alice, room)])
    Message.objects.create(
        room=room, seq=3, rev=3, client_id=uuid4(), kind=Message.Kind.EVENT, event={"what": "joined"}
    )
    Room.objects.filter(pk=room.pk).update(last_rev=3)
    stand(room, bob, Posting.FREE, visible_from_seq=2)

    outcomes = post_messages([draft(bob, room, reply_to=place) for place in (1, 2, 3, 99)])

    assert isinstance(outcomes[1], Posted)
    assert [refusal(outcomes[number]) for number in (0, 2, 3)] == ["message_gone"] * 3


def test_a_removed_message_is_quoted_without_its_text(room: Room, alice: User, bob: User) -> None:
    post_messages([draft(alice, room, "Regretted")])
    Message.objects.update(removed_at=timezone.now(), body="Regretted")

    answer = row(post_messages([draft(bob, room, "What was it?", reply_to=1)])[0])

    assert answer["reply"] == {"seq": 1, "sender": alice.public_id, "body": "", "removed": True}


# --- What hangs on a message -----------------------------------------------------------------------------------------


def test_formatting_is_rendered_once_and_kept(room: Room, alice: User) -> None:
    shown = row(post_messages([draft(alice, room, "so *good* and **so** <b>raw</b>")])[0])

    assert shown["html"] == Message.objects.get().html
    assert "<strong>so</strong>" in shown["html"]
    assert "<b>" not in shown["html"]
    assert "html" not in row(post_messages([draft(alice, room, "plain, 2 * 3 = 6")])[0])


def test_files_and_words_in_one_batch_keep_their_places(room: Room, alice: User, bob: User) -> None:
    files = [upload(alice, room, name) for name in ("one.webp", "two.webp")]
    drafts = [
        draft(bob, room, "first"),
        draft(alice, room, "", attachments=tuple(file.public_id for file in reversed(files))),
        draft(bob, room, "third"),
    ]

    outcomes = post_messages(drafts)

    assert sorted(row(outcome)["seq"] for outcome in outcomes) == [1, 2, 3]
    assert [row(outcome)["client_id"] for outcome in outcomes] == [str(one.client_id) for one in drafts]
    assert [file["name"] for file in row(outcomes[1])["attachments"]] == ["two.webp", "one.webp"]
    assert "attachments" not in row(outcomes[0])


def test_a_file_goes_out_once(room: Room, alice: User, bob: User) -> None:
    file = upload(alice, room).public_id

    first, second, stranger = post_messages(
        [
            draft(alice, room, attachments=(file,)),
            draft(alice, room, attachments=(file,)),
            draft(bob, room, attachments=(file,)),
        ]
    )

    assert isinstance(first, Posted)
    assert refusal(second) == refusal(stranger) == "attachment_gone"
    assert Message.objects.count() == 1


def test_a_message_with_files_sent_again_is_the_same(room: Room, alice: User) -> None:
    first = draft(alice, room, "look", attachments=(upload(alice, room).public_id,))

    stored, again = row(post_messages([first])[0]), post_messages([first])[0]

    assert isinstance(again, Posted)
    assert again.repeated
    assert row(again) == stored


def test_mentions_are_written_with_the_message(alice: User, bob: User) -> None:
    runners = group(alice, bob)

    shown = row(post_messages([draft(alice, runners, "@bob, @nobody: eight?")])[0])

    assert [mention.user for mention in Mention.objects.all()] == [bob]
    assert f'data-user="{bob.public_id}"' in shown["html"]


# --- Repeats of what has changed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["edited_at", "removed_at"])
def test_a_repeat_of_what_was_changed_since_is_answered_with_what_it_is(room: Room, alice: User, change: str) -> None:
    first = draft(alice, room, "as it was")
    post_messages([first])
    Message.objects.update(body="as it is", rev=2, **{change: timezone.now() + timedelta(seconds=1)})
    Room.objects.update(last_rev=2)

    again = post_messages([first])[0]

    assert isinstance(again, Posted)
    assert again.repeated
    assert row(again)["body"] == ("as it is" if change == "edited_at" else "")
    assert again.post.ack["message"] == row(again)
    assert again.post.what == "message.changed"
    assert (
        refusal(post_messages([draft(alice, group(alice, make_user("zoe")), client_id=first.client_id)])[0])
        == "id_reused"
    )


def test_who_was_put_out_hears_only_where_their_message_is(room: Room, alice: User, bob: User) -> None:
    post_messages([draft(alice, room, "Shall we?")])
    answer = draft(bob, room, "We shall", reply_to=1)
    post_messages([answer])
    Message.objects.filter(seq=1).update(body="edited since", rev=3, edited_at=timezone.now())
    Room.objects.update(last_rev=3)
    stand(room, bob, Posting.FREE, state=Membership.State.REMOVED)

    again = post_messages([answer])[0]

    assert isinstance(again, Posted)
    assert (again.post.ack["seq"], "message" in again.post.ack) == (2, False)


def test_what_was_prepared_before_is_not_prepared_again(room: Room, alice: User) -> None:
    once = prepare(draft(alice, room, "  **so**\n"))

    assert prepare(once) is once
    assert "<strong>so</strong>" in row(post_messages([once])[0])["html"]
    assert is_plain("2 * 3 = 6")
    assert not is_plain("**so**")
    assert not is_plain("hello @bob")
