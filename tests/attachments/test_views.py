"""The addresses of files: who gets them, and with which headers."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Block, User
from chat.attachments.services import Voice, upload_file
from chat.live import limits
from chat.models import Attachment, HiddenMessage, Membership, Message, Room
from tests.attachments import files
from tests.attachments.reading import address, fetch
from tests.base import signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(alice: User, room: Room) -> Message:
    """What Alice said, as the first of the room."""
    client_id = "5e3c1c1e-0000-4000-8000-000000000001"
    Room.objects.update(last_rev=1)
    return Message.objects.create(room=room, seq=1, rev=1, sender=alice, client_id=client_id, body="look")


def sent(message: Message, data: bytes, name: str = "plan.pdf", voice: Voice | None = None) -> Attachment:
    """A file that went out with the message."""
    upload = upload_file(
        uploader=message.sender, room=message.room.public_id, file=files.upload(data, name), voice=voice
    )
    Attachment.objects.filter(pk=upload.pk).update(message=message)
    upload.refresh_from_db()
    return upload


@pytest.fixture
def pdf(message: Message) -> Attachment:
    return sent(message, files.PDF)


def post(client: Client, room: Room, **fields: object) -> tuple[int, dict]:
    answer = client.post(reverse("chat:room-attachments", args=[room.public_id]), fields)
    return answer.status_code, answer.json()


# --- Sending in -----------------------------------------------------------------------------------------------------


def test_an_upload_is_answered_as_rows_describe_it(alice: User, room: Room) -> None:
    status, answer = post(signed_in(alice), room, file=files.upload(files.picture(size=(900, 600)), "lake.jpg"))
    upload = Attachment.objects.get()

    assert status == 201
    assert answer == {
        "id": upload.public_id, "kind": "image", "name": "lake.webp", "mime": "image/webp", "size": upload.size,
        "width": 900, "height": 600, "thumb": True,
    }  # fmt: skip


def test_a_recording_comes_with_its_length_and_its_waveform(alice: User, room: Room) -> None:
    file = files.upload(files.WEBM, "voice.webm")
    status, answer = post(signed_in(alice), room, file=file, seconds="3.25", waveform="[1, 2, 100]")

    assert (status, answer["kind"], answer["seconds"], answer["waveform"]) == (201, "voice", 3.25, [1, 2, 100])


@pytest.mark.parametrize(
    ("seconds", "waveform"),
    [("-1", "[]"), ("nan", "[]"), ("inf", "[]"), ("901", "[]"), ("1", "[101]"), ("1", "[-1]"), ("1", '["1"]'),
     ("1", "[true]"), ("1", "{}"), ("1", "nonsense"), ("1", json.dumps([1] * 65))],
)  # fmt: skip
def test_nonsense_about_a_recording_is_refused(seconds: str, waveform: str, alice: User, room: Room) -> None:
    file = files.upload(files.WEBM, "voice.webm")

    assert post(signed_in(alice), room, file=file, seconds=seconds, waveform=waveform)[0] == 422


def test_a_refusal_says_why(alice: User, room: Room) -> None:
    status, answer = post(signed_in(alice), room, file=files.upload(b""))

    assert (status, answer) == (422, {"type": "nack", "code": "empty_file", "message": "That file is empty."})


def test_a_form_from_elsewhere_is_refused(alice: User, room: Room) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(reverse("chat:room-attachments", args=[room.public_id]), {"file": files.upload(b"x")})

    assert answer.status_code == 403
    assert not Attachment.objects.exists()


def test_uploads_have_a_pace(alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "uploads", limits.Limit(2, 0.001))
    client = signed_in(alice)

    assert [post(client, room)[0] for _ in range(3)] == [422, 422, 429]


def test_ones_own_upload_can_be_described_and_given_up(alice: User, room: Room) -> None:
    client = signed_in(alice)
    _, answer = post(client, room, file=files.upload(files.picture()))
    url = reverse("chat:upload", args=[answer["id"]])

    assert client.post(url, {"alt": "A red and a blue field"}).json()["alt"] == "A red and a blue field"
    assert client.post(url, {"alt": "x" * 301}).status_code == 422
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404


def test_what_is_sent_can_t_be_given_up(alice: User, pdf: Attachment) -> None:
    assert signed_in(alice).delete(reverse("chat:upload", args=[pdf.public_id])).status_code == 404


# --- Fetching -------------------------------------------------------------------------------------------------------


def test_a_file_can_be_saved_and_nothing_else(bob: User, pdf: Attachment) -> None:
    answer = fetch(signed_in(bob), pdf)

    assert answer.content == files.PDF
    assert dict(answer.items()) | {"Content-Length": "69"} == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="plan.pdf"',
        "Content-Length": "69",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": f'"{pdf.public_id}"',
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Vary": "Cookie",
    }


def test_our_own_pictures_are_shown_and_can_be_saved(bob: User, message: Message) -> None:
    picture = sent(message, files.picture("WEBP", size=(1800, 1200)), "Lake Siljan ❄.png")
    shown, small, saved = (fetch(signed_in(bob), picture, query) for query in ("", "?thumb", "?save"))

    assert shown["Content-Disposition"].startswith("inline; filename*=utf-8''Lake%20Siljan%20%E2%9D%84.webp")
    assert saved["Content-Disposition"].startswith("attachment; ")
    assert shown["Content-Type"] == small["Content-Type"] == "image/webp"
    assert len(small.content) < len(shown.content) == len(saved.content)
    assert shown["ETag"] != small["ETag"]


def test_a_recording_is_played_in_parts(bob: User, message: Message) -> None:
    note = sent(message, files.WEBM, "voice.webm", Voice(2, []))
    bob_s = signed_in(bob)
    part = fetch(bob_s, note, Range="bytes=4-9")

    assert (part.status_code, part.content) == (206, files.WEBM[4:10])
    assert part["Content-Range"] == f"bytes 4-9/{len(files.WEBM)}"
    assert part["Content-Length"] == "6"
    assert (part["Content-Type"], part["Content-Disposition"]) == ("audio/webm", 'inline; filename="voice.webm"')


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [("bytes=0-", 206, None, None), ("bytes=900-", 206, 900, None), ("bytes=-5", 206, -5, None),
     ("bytes=10-99999", 206, 10, None), ("bytes=0-0", 206, 0, 1), ("bytes=99999-", 416, 0, 0), ("bytes=-0", 416, 0, 0),
     ("bytes=5-4", 416, 0, 0), ("bytes=0-1,3-4", 200, None, None), ("bytes=-", 200, None, None),
     ("bits=0-1", 200, None, None), ("bytes=" + "9" * 5000 + "-", 200, None, None)],
)  # fmt: skip
def test_parts_of_every_kind(
    asked: str, status: int, start: int | None, end: int | None, bob: User, message: Message
) -> None:
    note = sent(message, files.WEBM, "voice.webm", Voice(2, []))
    answer = fetch(signed_in(bob), note, Range=asked)

    whole = asked == "bytes=0-"  # everything, asked for as a part
    assert answer.status_code == (200 if whole else status)
    assert answer.content == files.WEBM[start:end]


def test_a_part_of_another_version_is_the_whole(bob: User, pdf: Attachment) -> None:
    answer = fetch(signed_in(bob), pdf, Range="bytes=0-1", If_Range='"old"')

    assert (answer.status_code, answer.content) == (200, files.PDF)


def test_a_copy_is_asked_about_and_not_sent_again(bob: User, pdf: Attachment) -> None:
    answer = fetch(signed_in(bob), pdf, If_None_Match=f'"{pdf.public_id}"')

    assert (answer.status_code, answer.content) == (304, b"")


def test_a_head_says_how_long_it_is(bob: User, pdf: Attachment) -> None:
    answer = signed_in(bob).head(address(pdf))

    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(files.PDF)))


def test_a_file_that_the_disk_forgot_is_not_found(bob: User, pdf: Attachment) -> None:
    pdf.file.storage.delete(pdf.file.name)

    assert fetch(signed_in(bob), pdf).status_code == 404


# --- Who ------------------------------------------------------------------------------------------------------------


def status(user: User, file: Attachment, query: str = "") -> int:
    return fetch(signed_in(user), file, query).status_code


def test_both_in_the_room_get_it_and_nobody_else(alice: User, bob: User, eve: User, pdf: Attachment) -> None:
    owner = make_user("owner", is_staff=True, is_superuser=True)

    assert [status(one, pdf) for one in (alice, bob, eve, owner)] == [200, 200, 404, 404]
    assert fetch(Client(), pdf).status_code == 404


@pytest.mark.parametrize("state", ["left", "removed", "declined"])
def test_the_old_link_is_dead_after_leaving(state: str, bob: User, pdf: Attachment) -> None:
    assert status(bob, pdf) == 200
    Membership.objects.filter(user=bob).update(state=state)

    assert status(bob, pdf) == 404
    assert fetch(signed_in(bob), pdf, If_None_Match=f'"{pdf.public_id}"').status_code == 404


def test_who_is_blocked_loses_the_other_one_s_files_and_keeps_their_own(
    alice: User, bob: User, pdf: Attachment
) -> None:
    Membership.objects.filter(user=alice).update(posting="blocking")
    Membership.objects.filter(user=bob).update(posting="refused")
    assert (status(alice, pdf), status(bob, pdf)) == (200, 404)

    Membership.objects.filter(user=alice).update(posting="refused")
    assert status(alice, pdf) == 200


def test_a_newcomer_doesn_t_get_files_from_before(bob: User, pdf: Attachment) -> None:
    Membership.objects.filter(user=bob).update(visible_from_seq=2)

    assert status(bob, pdf) == 404


def test_what_one_hid_is_gone_for_oneself(alice: User, bob: User, message: Message, pdf: Attachment) -> None:
    HiddenMessage.objects.create(user=bob, message=message)

    assert (status(alice, pdf), status(bob, pdf)) == (200, 404)


def test_files_of_a_removed_message_are_gone_for_everybody(alice: User, message: Message, pdf: Attachment) -> None:
    Message.objects.update(removed_at=message.created_at)

    assert status(alice, pdf) == 404


def test_an_unsent_file_is_its_uploader_s_alone(alice: User, bob: User, room: Room) -> None:
    upload = upload_file(uploader=alice, room=room.public_id, file=files.upload(b"x"))

    assert (status(alice, upload), status(bob, upload)) == (200, 404)


def test_fetching_asks_few_questions(bob: User, pdf: Attachment, django_assert_max_num_queries: object) -> None:
    client = signed_in(bob)
    with django_assert_max_num_queries(3):
        fetch(client, pdf)


# --- A room's pictures and files --------------------------------------------------------------------------------------


def shelf(user: User, room: Room, kind: str = "") -> str:
    answer = signed_in(user).get(reverse("chat:room-media", args=[room.public_id]), {"kind": kind} if kind else {})
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_the_shelf_shows_each_kind_by_itself(bob: User, room: Room, message: Message, pdf: Attachment) -> None:
    picture = sent(message, files.picture(), "lake.png")

    assert picture.public_id in shelf(bob, room)
    assert pdf.public_id not in shelf(bob, room)
    assert pdf.public_id in shelf(bob, room, "files")
    assert "No voice messages yet." in shelf(bob, room, "voice")
    assert picture.public_id in shelf(bob, room, "nonsense")


def test_the_shelf_shows_what_one_may_see_and_nothing_else(
    alice: User, bob: User, eve: User, room: Room, message: Message, pdf: Attachment
) -> None:
    unsent = upload_file(uploader=alice, room=room.public_id, file=files.upload(files.PDF, "unsent.pdf"))
    assert shelf(eve, room) == "404"
    assert unsent.public_id not in shelf(alice, room, "files")

    Membership.objects.filter(user=bob).update(visible_from_seq=2)
    assert pdf.public_id not in shelf(bob, room, "files")
    Message.objects.update(removed_at=message.created_at)
    assert pdf.public_id not in shelf(alice, room, "files")


def test_the_shelf_of_a_group_is_without_files_of_people_one_blocked(
    alice: User, bob: User, room: Room, pdf: Attachment
) -> None:
    Room.objects.filter(pk=room.pk).update(kind=Room.Kind.GROUP, name="Garden", pair_key=None)
    assert pdf.public_id in shelf(bob, room, "files")

    Block.objects.create(blocker=bob, blocked=alice)
    assert pdf.public_id not in shelf(bob, room, "files")
    assert status(bob, pdf) == 200  # shown when it is asked for


def test_loudnesses_nested_without_end_are_refused(alice: User, room: Room) -> None:
    voice = {"file": files.upload(b"x"), "seconds": "1", "waveform": "[" * 100_000}
    assert post(signed_in(alice), room, **voice)[0] == 422
