"""Making pictures anew, whatever is sent."""

import io
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts import uploads
from accounts.uploads import MAX_BYTES, BadPicture, reencode
from tests.accounts import pictures
from tests.accounts.pictures import picture, upload
from tests.threads import together

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]

DAMAGED = "That file isn’t a PNG, JPEG, WebP or GIF picture, or it is damaged."
TOO_MANY_PIXELS = "That picture has too many pixels. Please choose one of at most 12 megapixels."


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("fmt", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"), ("PNG", "LA"), ("JPEG", "RGB"),
     ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("GIF", "P")],
)  # fmt: skip
def test_every_honest_picture_becomes_a_small_square(fmt: str, mode: str) -> None:
    image = opened(reencode(upload(picture(fmt, mode=mode))))
    assert (image.format, image.size) == ("WEBP", (256, 256))


def test_the_middle_is_kept() -> None:
    image = opened(reencode(upload(picture(size=(900, 300))))).convert("RGB")
    left, right = image.getpixel((20, 128)), image.getpixel((236, 128))
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def test_a_transparent_picture_stays_transparent() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(clear, "PNG")
    assert opened(reencode(upload(clear.getvalue()))).getchannel("A").getextrema() == (0, 0)


def test_a_photo_is_turned_the_way_it_was_held() -> None:
    image = opened(reencode(upload(pictures.telling_jpeg()))).convert("RGB")
    top, bottom = image.getpixel((128, 20)), image.getpixel((128, 236))
    assert top[0] > 200 > 60 > top[2]
    assert bottom[2] > 200 > 60 > bottom[0]


@pytest.mark.parametrize("data", [pictures.telling_jpeg(), pictures.telling_png()], ids=["jpeg", "png"])
def test_nothing_of_what_the_camera_wrote_is_left(data: bytes) -> None:
    assert pictures.HERE.encode() in data
    made = reencode(upload(data))
    assert b"59.8586N" not in made
    assert b"Alice" not in made
    image = opened(made)
    assert dict(image.getexif()) == {}
    assert not {"exif", "icc_profile", "xmp", "comment"} & image.info.keys()


def test_a_moving_picture_stands_still() -> None:
    assert getattr(opened(reencode(upload(pictures.moving_gif()))), "n_frames", 1) == 1


def test_a_page_hidden_behind_a_picture_is_left_out() -> None:
    made = reencode(upload(picture("GIF") + b"<script>alert(1)</script>"))
    assert b"script" not in made
    assert made[:4] == b"RIFF"


def refusal(data: bytes, **claims: str) -> str:
    with pytest.raises(BadPicture) as refused:
        reencode(upload(data, **claims))
    return str(refused.value)


@pytest.mark.parametrize(
    "data",
    [pictures.SVG, b"<html>", b"\x89PNG\r\n\x1a\n", picture()[:200], picture("JPEG")[:500], picture("WEBP")[:60],
     picture("GIF")[:40], b"\x00" * 5000, b"%PDF-1.7", b"BM" + b"\x00" * 60, picture("BMP"), picture("TIFF"),
     picture("PPM"), picture("ICO"), pictures.claiming_png(0, 0), pictures.claiming_png(500, 500, b"too little")],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refusal(data) == DAMAGED


def test_a_picture_is_known_by_its_bytes_and_not_by_its_name() -> None:
    assert refusal(pictures.SVG, name="me.png", kind="image/png") == DAMAGED
    assert reencode(upload(picture("JPEG"), name="me.svg", kind="image/svg+xml"))


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "That file is empty."


def test_a_heavy_file_is_refused() -> None:
    assert refusal(picture() + b"\x00" * MAX_BYTES) == "That picture is larger than 5 MB. Please choose a smaller one."


@pytest.mark.parametrize(("width", "height"), [(4_167, 3_000), (10_001, 1), (1, 10_001), (13_000, 13_000)])
def test_a_picture_that_claims_too_many_pixels_is_refused_unread(width: int, height: int) -> None:
    assert refusal(pictures.claiming_png(width, height)) == TOO_MANY_PIXELS


def test_what_a_phone_takes_is_not_too_much() -> None:
    assert reencode(upload(picture("JPEG", (4_032, 3_024))))


def test_a_webp_may_have_fewer_because_its_decoder_takes_more() -> None:
    assert refusal(picture("WEBP", (3_001, 2_000))) == TOO_MANY_PIXELS.replace("12", "6")


@pytest.mark.parametrize("side", [20_000, 2**31 - 1])
def test_a_bomb_is_refused_unread(side: int) -> None:
    assert refusal(pictures.claiming_png(side, side)) == TOO_MANY_PIXELS


MEASURE = """
import resource, sys
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts import uploads
from accounts.uploads import reencode
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
small, large = (SimpleUploadedFile("me", open(path, "rb").read()) for path in sys.argv[1:])
reencode(small)
before = peak()
reencode(large)
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("fmt", "mode", "megabytes"), [("PNG", "P", 40), ("PNG", "RGBA", 80), ("GIF", "P", 40), ("WEBP", "RGB", 130)]
)
def test_the_largest_picture_takes_little_more_memory_than_its_pixels(
    tmp_path: Path, fmt: str, mode: str, megabytes: int
) -> None:
    """In a process of its own: the peak is the process's."""
    paths = tmp_path / "small", tmp_path / "large"
    for path, size in zip(paths, [(40, 30), (3_000, 2_000 if fmt == "WEBP" else 4_100)], strict=True):
        path.write_bytes(picture(fmt, size, mode))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < megabytes


def test_pictures_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = [0], [0]

    def slow(_: object) -> Image.Image:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.05)
        inside[0] -= 1
        return Image.new("RGB", (1, 1))

    monkeypatch.setattr(uploads, "_square", slow)
    together(4, lambda _: reencode(upload(HONEST["PNG"])))
    assert most == [1]


def test_a_refused_picture_lets_the_next_one_in() -> None:
    for _ in range(2):
        assert refusal(pictures.SVG) == DAMAGED
    assert reencode(upload(picture()))


def test_a_text_that_swells_is_refused_or_left_out() -> None:
    swelling = pictures.chunk(b"zTXt", b"a\x00\x00" + zlib.compress(b"x" * 80_000_000))
    png = picture()
    data = png[:33] + swelling + png[33:]
    assert refusal(data) == DAMAGED


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_sentence(data: bytes) -> None:
    assert refusal(data).endswith(".")


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(0, 2000), st.integers(0, 255))
def test_a_damaged_picture_is_a_picture_or_a_sentence(fmt: str, place: int, byte: int) -> None:
    data = bytearray(HONEST[fmt])
    data[place % len(data)] = byte
    try:
        made = reencode(upload(bytes(data)))
    except BadPicture:
        return
    assert opened(made).size == (256, 256)


HONEST = {fmt: picture(fmt, size=(40, 30)) for fmt in ("PNG", "JPEG", "WEBP", "GIF")}
