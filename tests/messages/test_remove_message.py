"""Taking a message back, for everybody."""

import json

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from chat.errors import ChatError, MessageGone, NotAllowed, NotFound
from chat.messages.changes import edit_message, pin_message, remove_message, set_reaction
from chat.messages.presenters import catch_up, newest_page
from chat.messages.private import star_message
from chat.messages.services import Draft, Posted, post_messages
from chat.models import (
    Attachment,
    Membership,
    Mention,
    Message,
    MessageEdit,
    MessageSearch,
    Reaction,
    Room,
    Star,
)
from chat.rooms.presenters import load_memberships, membership
from tests.messages.conftest import Say

pytestmark = pytest.mark.django_db

SECRET = "the secret plan"


def remove(by: User, message: Message) -> None:
    remove_message(user_id=by.pk, room=message.room.public_id, seq=message.seq)


def refused(by: User, message: Message) -> type[ChatError]:
    with pytest.raises(ChatError) as refusal:
        remove(by, message)
    message.refresh_from_db()
    assert message.removed_at is None
    assert message.body
    return refusal.type


def test_nothing_of_it_is_left(group: Room, alice: User, bob: User, carol: User, say: Say, told) -> None:
    message = say(alice, group, f"*{SECRET}* @bob")
    place = {"room": group.public_id, "seq": message.seq}
    edit_message(user_id=alice.pk, body=f"**{SECRET}** @bob", **place)
    set_reaction(user_id=bob.pk, emoji="👍", on=True, **place)
    pin_message(user_id=alice.pk, on=True, **place)
    star_message(user_id=carol.pk, on=True, **place)
    MessageSearch.objects.create(message=message, room=group, words=SECRET, said_at=message.created_at)
    say(carol, group, "what plan?", reply_to=message.seq)

    (row,) = told(lambda: remove(alice, message))

    assert (row["seq"], row["body"], row["removed"]) == (message.seq, "", "author")
    assert not set(row) & {"html", "edited", "pinned", "reactions", "mentions", "attachments"}
    for model in (MessageEdit, Reaction, Mention, Star, MessageSearch):
        assert not model.objects.exists()
    for user in (alice, bob, carol):
        mine = Membership.objects.filter(room=group, user=user).select_related("room").get()
        pages = [newest_page(mine), catch_up(mine, 0), membership(load_memberships(Membership.objects.of(user))[0])]
        assert SECRET not in json.dumps(pages)
    (reply,) = [row for row in newest_page(mine) if "reply" in row]
    assert reply["reply"] == {"seq": message.seq, "sender": alice.public_id, "body": "", "removed": True}


def test_its_files_are_deleted_once_it_is_committed(room: Room, alice: User, say: Say, told) -> None:
    message = say(alice, room, "look")
    file = Attachment(room=room, uploader=alice, message=message, kind="file", name="plan.txt", mime="a/b", size=4)
    file.file.save("plan", ContentFile(b"plan"))
    storage, name = file.file.storage, file.file.name

    told(lambda: remove(alice, message))

    assert not Attachment.objects.exists()
    assert not storage.exists(name)


def test_again_it_changes_nothing(room: Room, alice: User, say: Say, told) -> None:
    message = say(alice, room)
    remove(alice, message)

    assert told(lambda: remove(alice, message)) == []


def test_those_who_keep_order_may_remove_it_and_it_shows(group: Room, alice: User, bob: User, carol: User, say: Say,
                                                        told) -> None:  # fmt: skip
    for keeper, author in ((alice, carol), (bob, carol), (bob, alice)):
        (row,) = told(lambda keeper=keeper, author=author: remove(keeper, say(author, group)))[-1:]
        assert row["removed"] == "moderator"


def test_others_may_not(group: Room, room: Room, alice: User, bob: User, carol: User, eve: User, say: Say) -> None:
    in_group, between = say(alice, group), say(alice, room)

    assert refused(carol, in_group) is NotAllowed
    assert refused(bob, between) is NotAllowed
    assert refused(eve, between) is NotFound


def test_nobody_removes_what_they_cannot_see(group: Room, alice: User, bob: User, say: Say) -> None:
    message = say(alice, group)
    place = Membership.objects.filter(room=group, user=bob)

    place.update(visible_from_seq=message.seq + 1)
    assert refused(bob, message) is MessageGone
    place.update(visible_from_seq=0, state=Membership.State.REMOVED)
    assert refused(bob, message) is NotFound


def test_what_is_not_there_is_gone(room: Room, alice: User) -> None:
    with pytest.raises(MessageGone):
        remove_message(user_id=alice.pk, room=room.public_id, seq=7)


def test_whoever_had_it_unread_has_one_less(room: Room, alice: User, bob: User, say: Say, personal) -> None:
    say(alice, room, "one")
    message = say(alice, room, "two")
    Membership.objects.filter(room=room, user=alice).update(read_seq=2)

    heard = personal(lambda: remove(alice, message))

    assert [(user, frame["unread"]) for user, frame in heard] == [(bob.pk, 1)]


def test_in_a_group_those_it_named_are_told_that_it_names_them_no_more(
    group: Room, alice: User, bob: User, carol: User, say: Say, personal
) -> None:
    for names, told in (("@bob", {bob}), ("nobody", set()), ("@everyone", {bob, carol})):
        message = say(alice, group, names)
        Membership.objects.filter(room=group, user=alice).update(read_seq=message.seq)

        heard = personal(lambda message=message: remove(alice, message))

        assert {user for user, _ in heard} == {user.pk for user in told}
        assert not any(frame["mentioned"] for _, frame in heard)


def test_one_may_still_remove_what_one_said_to_somebody_who_blocked_one(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room)
    Membership.objects.filter(room=room, user=alice).update(posting=Membership.Posting.REFUSED)

    remove(alice, message)

    message.refresh_from_db()
    assert message.removed_at


def test_a_post_repeated_after_its_removal_is_answered_and_stays_removed(room: Room, alice: User, say: Say) -> None:
    message = say(alice, room, "one")
    remove(alice, message)
    draft = Draft(sender_id=alice.pk, room=room.public_id, client_id=message.client_id, body="one")

    (outcome,) = post_messages([draft])

    assert isinstance(outcome, Posted)
    assert outcome.repeated
    assert (outcome.post.row["seq"], outcome.post.row["body"]) == (message.seq, "")
    message.refresh_from_db()
    assert message.body == ""


def test_who_is_out_of_the_room_hears_nothing_of_it(
    group: Room, alice: User, bob: User, carol: User, say: Say, personal
) -> None:
    message = say(alice, group, "@everyone look")
    Membership.objects.filter(room=group, user=carol).update(state=Membership.State.REMOVED)

    heard = {user_id for user_id, _ in personal(lambda: remove(alice, message))}
    assert bob.pk in heard
    assert carol.pk not in heard
