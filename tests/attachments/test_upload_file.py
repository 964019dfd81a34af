"""Files coming in: who may, how many, what becomes of them."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from accounts.models import User
from chat.attachments import pictures, services
from chat.attachments.errors import (
    BadPicture,
    BadVoice,
    DayUsed,
    FilesBusy,
    FilesLater,
    FileTooLarge,
    QuotaUsed,
    TooManyPixels,
)
from chat.attachments.services import Voice, describe_upload, forget_files, remove_upload, sweep_orphans, upload_file
from chat.errors import AnswerFirst, ChatError, NotAccepting, NotFound, ReadOnly, YouBlocked
from chat.models import Attachment, Membership, Message, Room
from tests.attachments import files
from tests.attachments.files import HERE, picture

pytestmark = pytest.mark.django_db


def sent(user: User, room: Room, data: bytes = b"hello", name: str = "plan.txt", **more: object) -> Attachment:
    return upload_file(uploader=user, room=room.public_id, file=files.upload(data, name), **more)


def stored(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return file.read()


def on_disk() -> set[str]:
    return set(default_storage.listdir("attachments")[1]) if default_storage.exists("attachments") else set()


@pytest.fixture(autouse=True)
def empty_disk() -> None:
    for name in on_disk():
        default_storage.delete(f"attachments/{name}")


# --- Pictures -------------------------------------------------------------------------------------------------------


def test_a_photo_is_turned_upright_and_tells_nothing_of_where(alice: User, room: Room) -> None:
    attachment = sent(alice, room, files.telling_photo(), "IMG 0042.jpeg")
    kept = stored(attachment)

    assert (attachment.kind, attachment.mime, attachment.name) == ("image", "image/jpeg", "IMG 0042.jpeg")
    assert (attachment.width, attachment.height) == (600, 800)
    assert HERE not in kept
    assert b"Exif" not in kept
    assert b"ICC" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.getpixel((300, 20))[0] > 200  # what was on the left is on top
        assert not image.getexif()


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "GIF", "AVIF"])
def test_every_other_picture_becomes_webp(fmt: str, alice: User, room: Room) -> None:
    attachment = sent(alice, room, picture(fmt), f"drawing.{fmt.lower()}")

    assert (attachment.mime, attachment.name) == ("image/webp", "drawing.webp")
    assert Image.open(io.BytesIO(stored(attachment))).format == "WEBP"


@pytest.mark.parametrize(
    ("fmt", "mode"),
    [("PNG", "1"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "L"),
     ("JPEG", "CMYK"), ("WEBP", "RGBA"), ("GIF", "P")],
)  # fmt: skip
def test_every_kind_of_colour_is_kept(fmt: str, mode: str, alice: User, room: Room) -> None:
    image = files.drawn((60, 40), "I" if mode == "I;16" else mode if mode != "LA" else "L").convert(mode)
    attachment = sent(alice, room, files.encoded(image, fmt))

    assert (attachment.width, attachment.height) == (60, 40)


def test_what_shines_through_still_does(alice: User, room: Room) -> None:
    image = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    kept = Image.open(io.BytesIO(stored(sent(alice, room, files.encoded(image, "PNG")))))

    assert kept.getpixel((10, 10))[3] == 0


def test_a_large_picture_is_shrunk_and_gets_a_small_one(alice: User, room: Room) -> None:
    attachment = sent(alice, room, picture("JPEG", (5_000, 2_500)))

    assert (attachment.width, attachment.height) == (4_096, 2_048)
    with attachment.thumbnail.open("rb") as file:
        assert Image.open(file).size == (640, 320)
    assert attachment.size == attachment.file.size + attachment.thumbnail.size


def test_a_small_picture_needs_no_smaller_one(alice: User, room: Room) -> None:
    assert not sent(alice, room, picture(size=(640, 480))).thumbnail


def test_a_phone_s_fifty_megapixels_are_taken(alice: User, room: Room) -> None:
    attachment = sent(alice, room, picture("JPEG", (8_160, 6_120)))

    assert (attachment.width, attachment.height) == (4_080, 3_060)


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG"])
def test_what_moves_goes_on_moving(fmt: str, alice: User, room: Room) -> None:
    attachment = sent(alice, room, files.moving(12, fmt=fmt))

    assert attachment.seconds == pytest.approx(1.2)
    assert attachment.thumbnail  # stands still
    assert Image.open(io.BytesIO(stored(attachment))).n_frames == 12


def test_what_moves_too_much_stands_still(alice: User, room: Room) -> None:
    attachment = sent(alice, room, files.moving(301, (16, 16)))

    assert attachment.seconds is None
    assert getattr(Image.open(io.BytesIO(stored(attachment))), "n_frames", 1) == 1


def test_many_large_frames_are_kept_smaller(alice: User, room: Room) -> None:
    attachment = sent(alice, room, files.moving(250, (600, 600)))

    assert max(attachment.width or 0, attachment.height or 0) < 320
    assert attachment.seconds


def test_a_decoder_that_takes_all_memory_is_ended(alice: User, room: Room, settings: object) -> None:
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "DECODER_MEGABYTES": 120}

    with pytest.raises(BadPicture):
        sent(alice, room, picture("PNG", (4_000, 4_000)))


@pytest.mark.parametrize(("limit", "value"), [("CPU_SECONDS", 0), ("WALL_SECONDS", 0.01)])
def test_a_decoder_that_takes_too_long_is_ended(
    limit: str, value: float, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, limit, value)

    with pytest.raises(BadPicture):
        sent(alice, room, picture("JPEG", (4_000, 4_000)))
    assert not on_disk()


def test_a_decoder_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    program = tmp_path / "spy.py"
    program.write_text("import json, os\nprint(json.dumps({'refused': ' '.join(sorted(os.environ))}))")
    monkeypatch.setattr(pictures, "PROGRAM", program)
    seen = []
    monkeypatch.setattr(pictures.log, "info", lambda *words: seen.append(words[-1]))

    with pytest.raises(BadPicture), io.open(program, "rb") as source, pictures.remade(source):  # noqa: UP020
        pass
    assert set(seen[0].split()) <= {"LC_CTYPE"}


def test_who_waits_too_long_for_a_decoder_is_told(alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE_SECONDS", 0.01)
    held = [pictures.places.acquire() for _ in range(2)]
    try:
        with pytest.raises(FilesBusy) as refusal:
            sent(alice, room, picture())
        assert refusal.value.retry_after
    finally:
        for _ in held:
            pictures.places.release()


def test_a_refused_picture_lets_the_next_one_in(alice: User, room: Room) -> None:
    for _ in range(3):
        with pytest.raises(TooManyPixels):
            sent(alice, room, files.claiming_png(30_000, 30_000))
    assert sent(alice, room, picture())


# --- Voice notes ----------------------------------------------------------------------------------------------------


def test_a_recording_is_kept_as_it_is(alice: User, room: Room) -> None:
    attachment = sent(alice, room, files.WEBM, "voice.webm", voice=Voice(2.5, [0, 50, 100]))

    assert (attachment.kind, attachment.mime) == ("voice", "audio/webm")
    assert (attachment.seconds, attachment.waveform) == (2.5, [0, 50, 100])
    assert stored(attachment) == files.WEBM


@pytest.mark.parametrize("data", [files.HTML, files.PDF, picture()])
def test_what_only_says_it_is_a_recording_is_refused(data: bytes, alice: User, room: Room) -> None:
    with pytest.raises(BadVoice):
        sent(alice, room, data, voice=Voice(2.5, []))


# --- Who may --------------------------------------------------------------------------------------------------------


def test_an_outsider_is_refused(eve: User, room: Room) -> None:
    with pytest.raises(NotFound):
        sent(eve, room)


def test_who_left_is_refused(alice: User, room: Room) -> None:
    Membership.objects.filter(user=alice).update(state=Membership.State.LEFT)

    with pytest.raises(NotFound):
        sent(alice, room)


@pytest.mark.parametrize(
    ("posting", "reason"),
    [("asking", FilesLater), ("asked", AnswerFirst), ("refused", NotAccepting), ("blocking", YouBlocked),
     ("reading", ReadOnly)],
)  # fmt: skip
def test_who_may_not_write_sends_no_files(posting: str, reason: type[ChatError], alice: User, room: Room) -> None:
    Membership.objects.filter(user=alice).update(posting=posting)

    with pytest.raises(reason):
        sent(alice, room)
    assert not Attachment.objects.exists()


# --- How much -------------------------------------------------------------------------------------------------------


def test_a_file_may_not_be_too_large(alice: User, room: Room, settings: object) -> None:
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "FILE_BYTES": 1024 * 1024}

    sent(alice, room, bytes(1024 * 1024))
    with pytest.raises(FileTooLarge, match="file_too_large") as refusal:
        sent(alice, room, bytes(1024 * 1024 + 1))
    assert refusal.value.message == "That file is larger than 1 MB."


def test_the_day_s_files_are_counted(alice: User, bob: User, room: Room, settings: object) -> None:
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "DAY_BYTES": 1000}
    sent(alice, room, bytes(900))

    with pytest.raises(DayUsed):
        sent(alice, room, bytes(101))
    sent(bob, room, bytes(900))
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    sent(alice, room, bytes(101))


def test_all_files_are_counted(alice: User, room: Room, settings: object) -> None:
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "PERSON_BYTES": 1000}
    first = sent(alice, room, bytes(900))
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=400))

    with pytest.raises(QuotaUsed):
        sent(alice, room, bytes(101))
    with transaction.atomic():
        forget_files([first])
    sweep_orphans()
    sent(alice, room, bytes(101))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_only_one_gets_the_last_space(alice: User, room: Room, settings: object) -> None:
    settings.ATTACHMENTS = {**settings.ATTACHMENTS, "PERSON_BYTES": 1000}

    def attempt(_: int) -> str:
        try:
            sent(alice, room, bytes(600))
        except QuotaUsed as refusal:
            return refusal.code
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == ["quota_used"] * 3 + ["taken"]


# --- Before it is sent, and after -----------------------------------------------------------------------------------


def test_what_a_picture_shows_is_said_before_it_is_sent(alice: User, room: Room) -> None:
    upload = sent(alice, room, picture())

    assert describe_upload(uploader=alice, attachment=upload.public_id, alt=" A red bridge ").alt == "A red bridge"


def test_somebody_elses_upload_is_not_there(alice: User, bob: User, room: Room) -> None:
    upload = sent(alice, room)

    with pytest.raises(NotFound):
        remove_upload(uploader=bob, attachment=upload.public_id)
    with pytest.raises(NotFound):
        describe_upload(uploader=bob, attachment=upload.public_id, alt="x")


def test_a_failing_disk_leaves_nothing_behind(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(default_storage, "save", full)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(OSError):
        sent(alice, room)
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_given_up_files_go_with_the_commit_and_not_before(alice: User, room: Room) -> None:
    upload = sent(alice, room, picture(size=(900, 900)))
    with transaction.atomic():
        remove_upload(uploader=alice, attachment=upload.public_id)
        assert len(on_disk()) == 2

    assert not on_disk()
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_stays(alice: User, room: Room) -> None:
    upload = sent(alice, room)
    with transaction.atomic():
        forget_files([upload])
        transaction.set_rollback(True)

    assert len(on_disk()) == 1
    assert Attachment.objects.unsent_by(alice.pk).exists()


def test_the_sweep_takes_what_a_killed_process_left(alice: User, room: Room) -> None:
    """The commit callbacks of a test's own transaction don't run: as if the process had been killed there."""
    given_up, waiting, old = (sent(alice, room) for _ in range(3))
    forget_files([given_up])
    Attachment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=26))

    assert sweep_orphans() == 2
    assert on_disk() == {waiting.file.name.removeprefix("attachments/")}
    assert Attachment.objects.get() == waiting


def test_the_sweep_leaves_what_was_sent_at_the_last_moment(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sent(alice, room)
    Attachment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=26))
    message = Message.objects.create(room=room, seq=1, rev=1, sender=alice, client_id=uuid4(), body="look")
    erase = services._erase

    def sent_first(upload: Attachment) -> bool:
        Attachment.objects.filter(pk=upload.pk).update(message=message)
        return erase(upload)

    monkeypatch.setattr(services, "_erase", sent_first)

    assert sweep_orphans() == 0
    assert on_disk() == {old.file.name.removeprefix("attachments/")}


def test_the_sweep_goes_on_where_one_file_can_t_be_deleted(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, other = sent(alice, room), sent(alice, room)
    forget_files([stuck, other])
    delete = default_storage.delete

    def failing(name: str) -> None:
        if name == stuck.file.name:
            raise OSError("busy")
        delete(name)

    monkeypatch.setattr(
        services.default_storage if hasattr(services, "default_storage") else default_storage, "delete", failing
    )
    assert sweep_orphans() == 1
    assert Attachment.objects.get() == stuck
    assert "plan.txt" not in caplog.text
