"""Whatever is sent in ends refused, or as bytes to save that no browser runs, or as pixels and nothing else."""

import io
import zipfile

import pytest
from django.test import Client
from PIL import Image

from accounts.models import User
from chat.attachments.errors import BadFile, BadPicture, EmptyFile, TellingPicture, TooManyPixels
from chat.attachments.services import upload_file
from chat.attachments.sniff import UNKNOWN, sniff
from chat.models import Attachment, Room
from tests.attachments import files
from tests.attachments.reading import fetch
from tests.base import signed_in

pytestmark = pytest.mark.django_db
GIF = files.moving(frames=3)


def stored(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return file.read()


def sent(alice: User, room: Room, data: bytes, name: str = "picture.png", kind: str = "image/png") -> Attachment:
    return upload_file(uploader=alice, room=room.public_id, file=files.upload(data, name, kind))


PIXELS = {
    "a GIF that is also a script": b"GIF89a/*" + GIF[8:] + b"*/=1;alert(1)//",
    "a GIF with a page behind it": GIF + files.HTML,
    "a PNG with a script behind it": files.picture() + files.SCRIPT,
    "a PNG with a zip behind it": files.picture() + b"PK\x03\x04" + bytes(100),
    "a JPEG with a page in its comment": files.picture("JPEG", comment=files.HTML),
    "a PNG with a page in its text": files.picture("PNG")[:33] + files.chunk(b"tEXt", b"x\0" + files.HTML)
    + files.picture("PNG")[33:],
    "a WebP with a page in its notes": files.picture("WEBP", exif=files.HTML, xmp=files.HTML),
    "a photo with 20 MB of notes": files.photo_with_notes_of(20_000_000),
}  # fmt: skip


@pytest.mark.parametrize("case", PIXELS)
def test_of_a_picture_only_the_pixels_stay(case: str, alice: User, room: Room) -> None:
    try:
        attachment = sent(alice, room, PIXELS[case])
    except BadPicture:
        assert case == "a GIF that is also a script"  # its size is nonsense: refused is as good
        return
    kept = stored(attachment)

    assert attachment.kind == Attachment.Kind.IMAGE
    assert attachment.mime in {"image/jpeg", "image/webp"}
    assert b"alert" not in kept
    assert b"PK\x03\x04" not in kept
    Image.open(io.BytesIO(kept)).load()


DOWNLOADS = {
    "a page": (files.HTML, "page.html"),
    "a page called a photo": (files.HTML, "photo.jpg"),
    "a page behind a byte-order mark": (b"\xef\xbb\xbf" + files.HTML, "photo.png"),
    "an SVG with a script": (files.SVG, "drawing.svg"),
    "an SVG called a photo": (files.SVG, "photo.png"),
    "a script": (b"alert(1)", "a.js"),
    "XML with an entity": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc">]><x>&y;</x>', "a.xml"),
    "a program": (b"MZ" + bytes(200), "setup.exe"),
    "a shell script": (b"#!/bin/sh\nrm -rf /\n", "run.sh"),
    "a PDF": (files.PDF, "plan.pdf"),
    "a PDF behind a page": (files.HTML + files.PDF, "plan.pdf"),
    "Flash": (b"CWS" + bytes(50), "a.swf"),
    "bytes": (bytes(range(256)), "x"),
}  # fmt: skip


@pytest.mark.parametrize("case", DOWNLOADS)
def test_everything_else_can_only_be_saved(case: str, alice: User, room: Room) -> None:
    data, name = DOWNLOADS[case]
    attachment = sent(alice, room, data, name, kind="text/html")
    answer = fetch(signed_in(alice), attachment)

    assert attachment.kind == Attachment.Kind.FILE
    assert answer.content == data
    assert answer["Content-Type"] == ("application/pdf" if data == files.PDF else UNKNOWN)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_zip_bomb_is_a_file_that_nobody_opens(alice: User, room: Room) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(50_000_000))
    attachment = sent(alice, room, buffer.getvalue(), "bomb.zip")

    assert (attachment.mime, attachment.size) == ("application/zip", len(buffer.getvalue()))


REFUSED = {
    "nothing at all": (b"", EmptyFile),
    "a bomb by its claim": (files.claiming_png(30_000, 30_000), TooManyPixels),
    "a bomb of a claim": (files.claiming_png(2**31 - 1, 2**31 - 1), TooManyPixels),
    "a true bomb": (files.true_bomb(30_000), TooManyPixels),
    "one very long line": (files.claiming_png(16_001, 1), TooManyPixels),
    "no pixels": (files.claiming_png(0, 0), BadPicture),
    "a header and no more": (files.claiming_png(400, 400), BadPicture),
    "half a photo": (files.picture("JPEG")[:900], BadPicture),
    "half a WebP": (files.picture("WEBP")[:300], BadPicture),
    "the beginning of a PNG": (b"\x89PNG\r\n\x1a\n", BadPicture),
    "the beginning of a photo, then a page": (b"\xff\xd8\xff\xe0" + files.HTML, BadPicture),
    "the beginning of a GIF, then a script": (b"GIF89a=1;alert(1)", BadPicture),
    "RIFF that says WebP": (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(40), BadPicture),
    "a box that says AVIF": (b"\x00\x00\x00\x1cftypavif" + bytes(40), BadPicture),
    "HEIC, which tells where it was taken": (files.HEIC, TellingPicture),
    "TIFF, which does so too": (b"II*\x00" + bytes(60), TellingPicture),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_and_says_so_is_refused(case: str, alice: User, room: Room) -> None:
    data, reason = REFUSED[case]
    with pytest.raises(BadFile) as refusal:
        sent(alice, room, data)

    assert type(refusal.value) is reason
    assert not Attachment.objects.exists()


NAMES = {
    "../../../etc/passwd": "passwd",
    "C:\\Users\\ida\\plan.pdf": "plan.pdf",
    "\x00plan\x07.pdf": "plan.pdf",
    "plan\r\nSet-Cookie: a=b.pdf": "planSet-Cookie_ a=b.pdf",
    "photo_\u202egpj.exe": "photo_gpj.exe",
    "zero\u200bwidth\ufeff.txt": "zerowidth.txt",
    '"quotes" <and> |more?*.txt': "_quotes_ _and_ _more_.txt",
    ".htaccess": "htaccess",
    "...": "file",
    "": "file",
    "  spaced   out  .txt ": "spaced out .txt",
    "Zoe\u0308.pdf": "Zoë.pdf",
    "плани на пітницю.docx": "плани на пітницю.docx",
    "x" * 300 + ".pdf": "x" * 146 + ".pdf",
    "ж" * 300 + ".pdf": "ж" * 73 + ".pdf",
    "x." + "y" * 300: "x." + "y" * 148,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_made_harmless(name: str, alice: User, room: Room) -> None:
    file = files.upload(b"hello")
    file._name = name  # past Django's own cleaning, which must not be all there is
    attachment = upload_file(uploader=alice, room=room.public_id, file=file)

    assert attachment.name == NAMES[name]
    assert attachment.name not in attachment.file.name
    answer = fetch(signed_in(alice), attachment)
    assert answer.status_code == 200
    assert "\n" not in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_name_in_the_form_itself_leads_nowhere(alice: User, room: Room) -> None:
    """As bytes on the wire, without a client that cleans up before."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../up\\..\\evil.html"\r\n'
        b"Content-Type: text/html\r\n\r\n" + files.HTML + b"\r\n--x--\r\n"
    )
    client: Client = signed_in(alice)
    url = f"/r/{room.public_id}/attachments/"
    answer = client.generic("POST", url, body, content_type="multipart/form-data; boundary=x")

    assert (answer.status_code, answer.json()["name"]) == (201, "evil.html")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n",
        b"--x\r\nnonsense",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
    ],
)
def test_a_form_without_a_file_is_refused(body: bytes, alice: User, room: Room) -> None:
    url = f"/r/{room.public_id}/attachments/"
    answer = signed_in(alice).generic("POST", url, body, content_type="multipart/form-data; boundary=x")

    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41", "video/mp4"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42isom", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "image/avif"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime"),
        (b"\xff\xff\xff\xffftyp", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_families_of_formats_are_told_apart(head: bytes, mime: str) -> None:
    assert sniff(head) == mime
