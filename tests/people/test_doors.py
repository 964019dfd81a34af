"""Every door a blocked person could come through, and that a block can't be told from a closed conversation or from
"nobody may write to me".
"""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.services import change_privacy
from chat.errors import ChatError
from chat.live import frames
from chat.live.acting import Actor
from chat.live.actions import act
from chat.live.opening import greet
from chat.models import Membership, Room
from chat.people.blocks import block_person, close_room
from chat.people.requests import room_with
from chat.people.services import (
    around_now,
    deaf_to_typing,
    directory,
    last_seen,
    presence_audience,
    visible_presences,
)
from chat.rooms.groups import create_group
from chat.rooms.members import add_members
from chat.rooms.posting import renew_rooms_of
from chat.rooms.presenters import load_memberships, membership
from chat.rooms.services import Progress, open_direct_room, record_progress
from tests.base import signed_in
from tests.people.helpers import arrive
from tests.people.talk import group_of, place, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def known(alice: User, bob: User) -> Room:
    """Alice and Bob talk, and run together; Bob has something to tell of himself."""
    User.objects.filter(pk=bob.pk).update(bio="Nurse", status_text="On call", last_seen_audience="everyone")
    bob.refresh_from_db()
    room = open_direct_room(opener=alice, other=bob)
    say(room, alice, "first"), say(room, bob, "second")
    return room


# --- How one shuts somebody out ---------------------------------------------------------------------------------------

Shut = Callable[[User, User, Room], None]


def block(bob: User, alice: User, room: Room) -> None:
    block_person(blocker=bob, blocked=alice, on=True)


def close(bob: User, alice: User, room: Room) -> None:
    close_room(user=bob, room=room.public_id, on=True)


def nobody(bob: User, alice: User, room: Room) -> None:
    change_privacy(user=bob, write_audience="nobody")


WAYS: list[Shut] = [block, close, nobody]


# --- The doors: what each lets through of Alice to Bob, or of Bob to Alice ------------------------------------------


def command(user: User, kind: str, **fields: Any) -> str:
    """What a command over the socket or its HTTP twin is answered."""
    wanted = frames.interpret({"type": kind, "client_id": str(uuid4()), **fields})
    try:
        return (act(Actor(user.pk), wanted) or {}).get("type", "nothing")
    except ChatError as refusal:
        return refusal.code


def post_over_http(alice: User, bob: User, room: Room) -> str:
    body = json.dumps({"client_id": str(uuid4()), "body": "let me in"})
    answer = signed_in(alice).post(f"/r/{room.public_id}/messages/", body, content_type="application/json")
    return answer.json().get("code", "open")


def post_by_service(alice: User, bob: User, room: Room) -> str:
    return say(room, alice, "let me in")


def edit(alice: User, bob: User, room: Room) -> str:
    return command(alice, "message.edit", room=room.public_id, seq=1, body="let me in")


def react(alice: User, bob: User, room: Room) -> str:
    return command(alice, "reaction.set", room=room.public_id, seq=2, emoji="👍", on=True)


def pin(alice: User, bob: User, room: Room) -> str:
    return command(alice, "message.pin", room=room.public_id, seq=2, on=True)


def forward(alice: User, bob: User, room: Room) -> str:
    notes = open_direct_room(opener=alice, other=alice)
    say(notes, alice, "let me in")
    return command(alice, "message.forward", room=notes.public_id, seq=1, to=room.public_id)


def commands_over_http(alice: User, bob: User, room: Room) -> str:
    wanted = {
        "type": "reaction.set",
        "client_id": str(uuid4()),
        "room": room.public_id,
        "seq": 2,
        "emoji": "👍",
        "on": True,
    }
    answer = signed_in(alice).post("/api/commands/", json.dumps(wanted), content_type="application/json")
    return answer.json().get("code", "open")


def adding_to_a_group(alice: User, bob: User, room: Room) -> str:
    group = group_of(alice, name="Another")
    Membership.objects.filter(room=group).update(role="owner")
    try:
        add_members(user=alice, room=group.public_id, people=[bob])
    except ChatError:
        return "not_accepting"
    return "open"


def founding_a_group(alice: User, bob: User, room: Room) -> str:
    try:
        create_group(owner=alice, name="Mine", people=[bob])
    except ChatError:
        return "not_accepting"
    return "open"


def asking_anew(alice: User, bob: User, room: Room) -> str:
    """There is a room already: it says so itself."""
    room_with(bob, opener=alice)
    return "not_accepting" if place(room, alice).posting == "refused" else "open"


def in_the_directory(alice: User, bob: User, room: Room) -> str:
    return seen(bob in directory(alice))


def by_search(alice: User, bob: User, room: Room) -> str:
    return seen(bob in directory(alice, text="bob"))


def in_the_switcher(alice: User, bob: User, room: Room) -> str:
    return seen(bob.public_id in signed_in(alice).get("/api/switch?q=bob").content.decode())


def around(alice: User, bob: User, room: Room) -> str:
    arrive(bob)
    return seen(bob in around_now(alice) or "@bob" in signed_in(alice).get("/people/?show=now").content.decode())


def on_the_profile(alice: User, bob: User, room: Room) -> str:
    page = signed_in(alice).get("/people/@bob/").content.decode()
    return seen("Nurse" in page or "On call" in page)


def when_here(alice: User, bob: User, room: Room) -> str:
    arrive(bob)
    watched = visible_presences(viewer_id=alice.pk, public_ids=[bob.public_id])
    told = presence_audience(user_id=bob.pk, viewer_ids={alice.pk})
    assert bool(watched) == bool(told)
    return seen(bool(told))


def when_last_here(alice: User, bob: User, room: Room) -> str:
    bob.refresh_from_db()
    bob.last_seen_at = bob.date_joined
    return seen(last_seen(alice, bob) is not None)


def typing(alice: User, bob: User, room: Room) -> str:
    deaf = deaf_to_typing(user_id=alice.pk, room_id=room.pk)
    return seen(deaf is not None and bob.pk not in deaf)


def typing_back(alice: User, bob: User, room: Room) -> str:
    deaf = deaf_to_typing(user_id=bob.pk, room_id=room.pk)
    return seen(deaf is not None and alice.pk not in deaf)


def ticks(alice: User, bob: User, room: Room) -> str:
    record_progress([Progress(bob.pk, room.pk, received=2, read=2)])
    mine = load_memberships(Membership.objects.filter(room=room, user=alice))[0]
    return seen(membership(mine)["receipts"][bob.public_id]["read"] > 0)


def seen(shown: bool) -> str:
    return "open" if shown else "not_accepting"


DOORS = [
    post_over_http, post_by_service, edit, react, pin, forward, commands_over_http, adding_to_a_group, founding_a_group,
    asking_anew, in_the_directory, by_search, in_the_switcher, around, on_the_profile, when_here, when_last_here,
    typing, typing_back, ticks,
]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_open_between_friends(door: Callable[..., str], known: Room, alice: User, bob: User) -> None:
    assert door(alice, bob, known) in {"open", "sent", "ack"}


@pytest.mark.parametrize("shut", WAYS)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_shut(door: Callable[..., str], shut: Shut, known: Room, alice: User, bob: User) -> None:
    shut(bob, alice, known)

    assert door(alice, bob, known) == "not_accepting"


def test_in_a_group_nothing_of_theirs_reaches_who_blocked_them(alice: User, bob: User) -> None:
    group = group_of(alice, bob)
    block_person(blocker=bob, blocked=alice, on=True)
    say(group, alice, "@bob let me in")
    page = signed_in(bob).get(f"/r/{group.public_id}/").content.decode()
    found = signed_in(bob).get("/search/", {"q": "let me in"}).content.decode()
    shown = signed_in(bob).get(f"/r/{group.public_id}/messages/?since=0").content.decode()

    assert "let me in" not in page + shown
    assert f'data-room="{group.public_id}"' not in found
    assert bob.pk in (deaf_to_typing(user_id=alice.pk, room_id=group.pk) or set())
    assert alice.pk in (deaf_to_typing(user_id=bob.pk, room_id=group.pk) or set())


# --- Nobody can tell --------------------------------------------------------------------------------------------------

PAGES = ["/", "/people/", "/people/?q=bob", "/people/?show=now", "/people/@bob/", "/r/{room}/", "/me/", "/requests/"]


def everything(alice: User, bob: User, room: Room) -> str:
    """All that Alice can see and hear, without what is random in it."""
    arrive(bob)
    browser = signed_in(alice)
    pages = [browser.get(page.format(room=room.public_id)) for page in PAGES]
    told = [page.content.decode() for page in pages] + [str(page.status_code) for page in pages]
    told += answers(browser, bob, room)
    places, ready, blocks = greet([alice])[0]
    told += [json.dumps([ready, sorted(blocks)], default=str), str(places)]
    told += [str(visible_presences(viewer_id=alice.pk, public_ids=[bob.public_id]))]
    return masked("\n".join(told), alice, bob, room)


def answers(browser: Client, bob: User, room: Room) -> list[str]:
    post = json.dumps({"client_id": str(uuid4()), "body": "let me in"})
    file = {"file": SimpleUploadedFile("plan.txt", b"let me in")}
    asked = [
        browser.post(f"/r/{room.public_id}/messages/", post, content_type="application/json"),
        browser.get(f"/r/{room.public_id}/messages/?since=0"),
        browser.post("/people/@bob/message/"),
        browser.post(f"/r/{room.public_id}/attachments/", file),
    ]
    return [f"{answer.status_code} {answer.content.decode()}" for answer in asked]


def masked(text: str, alice: User, bob: User, room: Room) -> str:
    for name, thing in {"ALICE": alice, "BOB": bob, "ROOM": room}.items():
        text = text.replace(thing.public_id, name)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", text)
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "CSRF", text)


@pytest.mark.parametrize("way", WAYS)
def test_what_the_other_one_sees_is_the_same_to_the_letter(way: Shut, alice: User, bob: User) -> None:
    """Compared with a second pair, of whom one chose otherwise: pages, answers, and the greeting of a socket."""
    shown = {}
    for shut in (block, way):
        for person in (alice, bob):
            person.refresh_from_db()
        room = open_direct_room(opener=alice, other=bob)
        room.messages.all().delete()
        Room.objects.filter(pk=room.pk).update(last_rev=0, last_message_at=None)
        Membership.objects.filter(room=room).update(recv_seq=0, read_seq=0, shown_read_seq=0, version=1)
        say(room, alice, "first"), say(room, bob, "second")
        shut(bob, alice, room)
        shown[shut.__name__ + str(len(shown))] = everything(alice, bob, room)
        undo(bob, alice, room)

    one, other = shown.values()
    assert one == other


def undo(bob: User, alice: User, room: Room) -> None:
    block_person(blocker=bob, blocked=alice, on=False)
    close_room(user=bob, room=room.public_id, on=False)
    change_privacy(user=bob, write_audience="everyone")
    renew_rooms_of(bob.pk)
