"""A program of its own: reads somebody's picture and writes it anew. Run by `pictures.py`, never imported by the site.

A decoder that is fed hostile bytes may crash, run for ever or take all memory. So it does that here: without the
site's environment, niced, with hard limits on memory, time and what it writes, and the web process only waits.

python -I decode.py DIRECTORY MEGABYTES SECONDS < picture
writes DIRECTORY/picture and perhaps DIRECTORY/thumbnail, and says on its output what they are, as JSON.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")  # no other decoder is tried, whatever the bytes claim to be
MEGA = 1_000_000
MAX_SIDE = 16_000
JPEG_PIXELS = 52 * MEGA  # what phones call 50 megapixels; decoded at half the size, line by line
OTHER_PIXELS = 20 * MEGA  # held in memory whole, and by some decoders twice
LARGEST = 4_096  # pixels of a side that we keep
THUMBNAIL = 640
PHOTOS = frozenset({"JPEG", "MPO"})
MOVING = frozenset({"GIF", "WEBP", "PNG"})
MOVING_SIDE = 480
MOVING_PIXELS = 24 * MEGA  # of all frames together: they are all in memory while they are written
MOVING_FRAMES = 300
MOVING_LEAST = 96  # a picture that would have to be smaller still stands still instead
LOSSLESS_PIXELS = 3 * MEGA  # screenshots: letters stay sharp
WRITTEN_BYTES = 32 * 1024 * 1024

Said = dict[str, Any]


class Refused(Exception):
    """This picture isn't taken; the text is the reason's name."""


def limit(megabytes: int, seconds: int) -> None:
    """Holds this process to its share from here on."""
    os.nice(10)
    for which, value in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))


def rewrite(source: IO[bytes], directory: Path) -> Said:
    """Writes the picture in `source` anew into `directory`, and says what it is now.

    `mime`, `width` and `height`; `seconds` if it moves; `thumbnail`: whether there is a smaller one.
    """
    with Image.open(source, formats=FORMATS) as image:
        refuse_huge(image)
        if moves(image) and (size := moving_size(image)):
            return write_moving(image, size, directory)
        return write_still(image, directory)


def refuse_huge(image: Image.Image) -> None:
    """Raises `Refused` by what the file's first bytes say, before anything is decoded."""
    width, height = image.size
    most = JPEG_PIXELS if image.format in PHOTOS else OTHER_PIXELS
    if width * height > most or max(width, height) > MAX_SIDE:
        raise Refused("too_many_pixels")


def write_still(image: Image.Image, directory: Path) -> Said:
    """One frame, upright, at most LARGEST pixels wide and high."""
    photo = image.format in PHOTOS
    if photo:
        smaller = max(1, round(max(image.size) / LARGEST))
        image.draft("RGB", (image.width // smaller, image.height // smaller))  # decodes at a fraction of its size
    image.load()
    clean = cleaned(image, LARGEST)
    if photo:
        clean.save(directory / "picture", "JPEG", quality=85, optimize=True, progressive=True)
    elif image.format == "PNG" and clean.width * clean.height <= LOSSLESS_PIXELS:
        clean.save(directory / "picture", "WEBP", lossless=True, quality=20, method=1)
    else:
        clean.save(directory / "picture", "WEBP", quality=88, method=2)
    said = {"mime": "image/jpeg" if photo else "image/webp", "width": clean.width, "height": clean.height}
    return {**said, "thumbnail": max(clean.size) > THUMBNAIL and write_thumbnail(clean, directory)}


def write_thumbnail(clean: Image.Image, directory: Path) -> bool:
    """The picture as the timeline shows it."""
    clean.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    clean.save(directory / "thumbnail", "WEBP", quality=80, method=3)
    return True


def moves(image: Image.Image) -> bool:
    """Whether there is more than one frame, and not too many."""
    return image.format in MOVING and 1 < getattr(image, "n_frames", 1) <= MOVING_FRAMES


def moving_size(image: Image.Image) -> tuple[int, int] | None:
    """The size at which all frames may be kept; None if that were too small to see anything."""
    frames = getattr(image, "n_frames", 1)
    pixels = image.width * image.height * frames
    scale = min(1.0, MOVING_SIDE / max(image.size), (MOVING_PIXELS / pixels) ** 0.5)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return size if scale == 1 or max(size) >= MOVING_LEAST else None


def write_moving(image: Image.Image, size: tuple[int, int], directory: Path) -> Said:
    """Every frame at `size`, and the first as a thumbnail: the timeline stands still until somebody asks."""
    pauses: list[int] = []
    frames = list(moving_frames(image, size, pauses))
    still = frames[0].copy()
    frames[0].save(
        directory / "picture", "WEBP", save_all=True, append_images=frames[1:], duration=pauses, loop=0,
        quality=70, method=1,
    )  # fmt: skip
    said = {"mime": "image/webp", "width": size[0], "height": size[1], "seconds": round(sum(pauses) / 1000, 2)}
    return {**said, "thumbnail": write_thumbnail(still, directory)}


def moving_frames(image: Image.Image, size: tuple[int, int], pauses: list[int]) -> Iterator[Image.Image]:
    """The frames, and into `pauses` the milliseconds that each is shown."""
    for frame in ImageSequence.Iterator(image):
        shrunk = frame.convert("RGBA").resize(size, Image.Resampling.BILINEAR)
        pause = int(frame.info.get("duration") or 0)  # of WebP known only now
        pauses.append(min(max(pause, 20) if pause else 100, 60_000))
        yield bare(shrunk)


def cleaned(image: Image.Image, side: int) -> Image.Image:
    """`image` at most `side` pixels wide and high, upright, in common colours, and nothing else about it."""
    plain = plainly(image)
    plain.thumbnail((side, side), Image.Resampling.LANCZOS)
    return bare(common_colours(upright(plain)))


def plainly(image: Image.Image) -> Image.Image:
    """`image` as RGB, or RGBA where something shines through."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode == wanted:
        return image
    converted = image.convert(wanted)
    converted.info = {key: image.info[key] for key in ("exif", "icc_profile") if key in image.info}
    return converted


def common_colours(image: Image.Image) -> Image.Image:
    """`image` in sRGB: without their profile, the colours of most phones look pale."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=image.mode)
    except Exception:  # noqa: BLE001 - a damaged profile doesn't make a damaged picture
        return image
    return converted or image


def upright(image: Image.Image) -> Image.Image:
    """`image` turned the way its camera was held, or as it is when the note about that can't be read."""
    try:
        return ImageOps.exif_transpose(image) or image
    except Exception:  # noqa: BLE001 - damaged notes don't make a damaged picture
        return image


def bare(image: Image.Image) -> Image.Image:
    """The pixels only: Pillow writes some of what it remembers of a picture's origin into the next file."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def main() -> None:
    """Does it, and says what became of it: a description, or {"refused": reason}."""
    directory, megabytes, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    limit(megabytes, seconds)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # our own limits stand above
    try:
        said = rewrite(io.BytesIO(sys.stdin.buffer.read()), directory)
    except Refused as refusal:
        said = {"refused": str(refusal)}
    except MemoryError:
        said = {"refused": "too_many_pixels"}
    except Exception:  # noqa: BLE001 - a decoder that is fed hostile bytes may raise anything
        said = {"refused": "bad_picture"}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
