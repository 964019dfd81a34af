"""Puts the demo's people on the stage and lets them say what their scripts say. Each thing is made once."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from accounts.services import set_avatar
from chat.attachments.services import describe_upload, upload_file
from chat.demo.people import Person
from chat.demo.talk import FILES, Line, lines
from chat.errors import ChatError
from chat.messages.changes import pin_message, set_reaction
from chat.messages.services import Draft, post_messages
from chat.models import Membership, Message, Room
from chat.rooms.groups import create_group
from chat.rooms.services import Progress, record_progress

Cast = dict[str, User]  # by username
FOLDER = Path(__file__).parent / "files"


def somebody(person: Person) -> User:
    """The demo person's account, made on first use."""
    found = User.objects.named(person.username).first()
    if found:
        return found
    user = User.objects.create_user(
        username=person.username,
        password=DEMO_PASSWORD,
        display_name=person.name,
        bio=person.bio,
        status_text=person.status,
        time_zone=person.zone,
        is_demo=True,
    )
    if person.face:
        set_avatar(user=user, picture=person.face)
    return user


def found_group(cast: Cast, name: str, topic: str, *, is_open: bool, owner: str, others: Iterable[str]) -> Room:
    """The group of this name, founded on first use."""
    known = Room.objects.filter(kind=Room.Kind.GROUP, name=name, memberships__user=cast[owner]).first()
    people = [cast[other] for other in others]
    return known or create_group(owner=cast[owner], name=name, topic=topic, is_open=is_open, people=people)


def talk(cast: Cast, room: Room, script: str, now: datetime) -> None:
    """Lets people say what their script says, unless they have talked before. Raises what refuses a line."""
    if Message.objects.filter(room=room, kind=Message.Kind.TEXT).exists():
        return
    said = list(lines(script, now))
    date_back(room, said[0].at - timedelta(minutes=1))
    places: list[int] = []
    for line in said:
        places.append(say(cast, room, line, places))
        came_of(cast, room, line, places[-1])
    reports = [progress(room, cast[who], said, places) for who in people_of(room) if who in cast]
    record_progress(reports)


def date_back(room: Room, moment: datetime) -> None:
    """What happened when the room was made, happened before anybody spoke."""
    Message.objects.filter(room=room).update(created_at=moment)
    Membership.objects.filter(room=room).update(joined_at=moment)


def say(cast: Cast, room: Room, line: Line, places: list[int]) -> int:
    """Posts one line and returns its place."""
    draft = Draft(
        sender_id=cast[line.who].pk,
        room=room.public_id,
        client_id=uuid.uuid4(),
        body=line.text,
        reply_to=places[-line.answers] if line.answers else None,
        created_at=line.at,
        attachments=tuple(send_in(cast[line.who], room, name) for name in line.files),
    )
    outcome = post_messages([draft])[0]
    if isinstance(outcome, ChatError):
        raise outcome
    return int(outcome.post.row["seq"])


def send_in(sender: User, room: Room, name: str) -> str:
    """Uploads a file of the demo's. Returns its id."""
    file = SimpleUploadedFile(name, (FOLDER / name).read_bytes())
    upload = upload_file(uploader=sender, room=room.public_id, file=file)
    return describe_upload(uploader=sender, attachment=upload.public_id, alt=FILES[name]).public_id


def came_of(cast: Cast, room: Room, line: Line, seq: int) -> None:
    """What the others made of it."""
    for emoji, who in line.reactions:
        set_reaction(user_id=cast[who].pk, room=room.public_id, seq=seq, emoji=emoji, on=True)
    if line.pinned:
        pin_message(user_id=cast[line.who].pk, room=room.public_id, seq=seq, on=True)
        Message.objects.filter(room=room, seq__gt=seq).update(created_at=line.at)  # the line that says so


def people_of(room: Room) -> list[str]:
    """The usernames of those who are in the room."""
    return list(room.memberships.filter(state=Membership.State.MEMBER).values_list("user__username", flat=True))


def progress(room: Room, user: User, said: list[Line], places: list[int]) -> Progress:
    """How far this person has read: up to the first unread line of somebody else."""
    room.refresh_from_db(fields=["last_rev"])
    new = [seq for line, seq in zip(said, places, strict=True) if line.unread and line.who != user.username]
    return Progress(user_id=user.pk, room_id=room.pk, received=room.last_rev, read=new[0] - 1 if new else room.last_rev)
