"""Posting and catching up over HTTP: the same answers as on the socket."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.live import limits
from chat.messages.services import Draft, post_messages
from chat.models import Message, Room
from chat.rooms.services import open_direct_room
from tests.base import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    return open_direct_room(opener=alice, other=bob)


def address(room: Room, query: str = "") -> str:
    return f"/r/{room.public_id}/messages/{query}"


def post(client: Client, room: Room, **data: object):
    data = {"client_id": str(uuid4()), "body": "hello", **data}
    return client.post(address(room), json.dumps(data), content_type="application/json")


def test_a_post_is_answered_with_ack(room: Room, alice: User) -> None:
    client_id = str(uuid4())

    answer = post(signed_in(alice), room, client_id=client_id)

    assert answer.status_code == 200
    ack = answer.json()
    assert (ack["type"], ack["client_id"], ack["seq"], ack["rev"], ack["state"]) == ("ack", client_id, 1, 1, "sent")
    assert post(signed_in(alice), room, client_id=client_id).json() == ack
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({"body": ""}, 422, "empty"),
        ({"body": "x" * 4001}, 422, "too_long"),
        ({"body": "a\x00"}, 422, "bad_text"),
        ({"body": "\ud83d"}, 422, "bad_text"),
        ({"body": None}, 400, "bad_frame"),
        ({"client_id": "seven"}, 400, "bad_frame"),
        ({"body": "x" * 70_000}, 413, "too_large"),
    ],
    ids=["empty", "long", "NUL", "surrogate", "null", "id", "large"],
)
def test_a_refusal_has_its_code_and_status(room: Room, alice: User, data: dict, status: int, code: str) -> None:
    answer = post(signed_in(alice), room, **data)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000], ids=repr)
def test_what_is_no_json_object_is_a_bad_frame(room: Room, alice: User, body: bytes) -> None:
    answer = signed_in(alice).post(address(room), body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_the_outsider_gets_404_as_if_the_room_were_not_there(room: Room, eve: User) -> None:
    client = signed_in(eve)
    nowhere = Room(public_id="abcdefghij123456")

    assert post(client, room).status_code == post(client, nowhere).status_code == 404
    assert post(client, room).json() | {"client_id": ""} == post(client, nowhere).json() | {"client_id": ""}
    for query in ("?since=0", "?before=9", ""):
        answer = client.get(address(room, query))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Message.objects.exists()


def test_a_visitor_is_told_to_sign_in(room: Room, client: Client) -> None:
    assert post(client, room).status_code == 401
    assert client.get(address(room, "?since=0")).json()["code"] == "signed_out"


def test_a_post_without_the_token_is_refused(room: Room, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert post(strict, room).status_code == 403
    assert not Message.objects.exists()


def test_changes_and_older_rows_are_read(room: Room, alice: User, bob: User) -> None:
    drafts = [Draft(sender_id=bob.pk, room=room.public_id, client_id=uuid4(), body=f"m{n}") for n in range(1, 8)]
    post_messages(drafts)
    client = signed_in(alice)

    synced = client.get(address(room, "?since=5")).json()
    older = client.get(address(room, "?before=4&limit=2")).json()

    assert ([row["seq"] for row in synced["rows"]], synced["upto"]) == ([6, 7], 7)
    assert synced["receipts"] == {bob.public_id: {"received": 0, "read": 0}}
    assert ([row["seq"] for row in older["rows"]], older["more"]) == ([2, 3], True)


def test_a_stray_key_is_a_bad_frame_whatever_its_letters(room: Room, alice: User) -> None:
    body = json.dumps({"client_id": str(uuid4()), "body": "hi", "\ud800": 1})

    answer = signed_in(alice).post(address(room), body, content_type="application/json")

    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"bad_frame", "bad_text"}


def test_rows_are_kept_by_no_cache(room: Room, alice: User) -> None:
    assert "no-store" in signed_in(alice).get(address(room, "?since=0"))["Cache-Control"]


def test_a_page_of_nothing_would_never_end(room: Room, alice: User, bob: User) -> None:
    post_messages([Draft(sender_id=bob.pk, room=room.public_id, client_id=uuid4(), body="one")])

    assert len(signed_in(alice).get(address(room, "?before=9&limit=0")).json()["rows"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        f"?since={'0' * 20}{'9' * 5000}",
        "?since=",
        "?since=-1",
        "?since=x",
        "?since=٣",
        f"?since={'9' * 400}",
        "?before=1.5",
    ],
)
def test_a_number_that_is_none_is_refused(room: Room, alice: User, query: str) -> None:
    answer = signed_in(alice).get(address(room, query))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_too_fast_says_when_to_go_on(room: Room, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "posts", limits.Limit(1, 0.5))
    client = signed_in(alice)
    post(client, room)

    answer = post(client, room)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "2"
    assert answer.json()["retry_after"] > 1


def test_the_session_is_told_to_its_owner_only(client: Client, alice: User) -> None:
    assert client.get("/api/session").status_code == 401
    assert signed_in(alice).get("/api/session").json() == {"user": alice.public_id}
