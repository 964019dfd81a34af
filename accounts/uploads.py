"""Pictures people upload, made anew: small, square, and without anything the camera wrote into them."""

import io
import logging
import warnings

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 10_000
SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")  # Pillow tries no other decoder, whatever the bytes claim to be
PLAIN_MODES = frozenset({"L", "RGB", "RGBA"})

TOO_MANY_PIXELS = "That picture has too many pixels. Please choose one of at most 25 megapixels."

log = logging.getLogger(__name__)
warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns of what is large, not huge


class BadPicture(ValueError):
    """What was uploaded can't be a picture here. Its text is a sentence for the person."""


def reencode(upload: UploadedFile) -> bytes:
    """The upload as a square WebP of 256 pixels, upright, nothing of the original file left.

    Raises `BadPicture` for everything else, however it was made.
    """
    if not upload.size:
        raise BadPicture("That file is empty.")
    if upload.size > MAX_BYTES:
        raise BadPicture("That picture is larger than 5 MB. Please choose a smaller one.")
    try:
        return _webp(_square(upload))
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(TOO_MANY_PIXELS) from None
    except Exception as error:  # noqa: BLE001 — a decoder that is fed hostile bytes may raise anything
        log.info("picture refused: %s", type(error).__name__)
        raise BadPicture("That file isn’t a PNG, JPEG, WebP or GIF picture, or it is damaged.") from None


def _square(upload: UploadedFile) -> Image.Image:
    upload.seek(0)
    with Image.open(upload, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            raise BadPicture(TOO_MANY_PIXELS)
        image.draft("RGB", (SIDE * 2, SIDE * 2))  # lets JPEG decode at a fraction of its size
        image.load()
        upright = _upright(image)
        if upright.mode not in PLAIN_MODES:
            upright = upright.convert("RGBA")
        return ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)


def _upright(image: Image.Image) -> Image.Image:
    """`image` turned the way its camera was held, or as it is when the note about that can't be read."""
    try:
        return ImageOps.exif_transpose(image) or image
    except Exception:  # noqa: BLE001 — damaged notes don't make a damaged picture
        return image


def _webp(square: Image.Image) -> bytes:
    clean = Image.new("RGBA" if square.mode == "RGBA" else "RGB", square.size)
    clean.paste(square)  # pixels only: what `square` remembers of its origin stays behind
    buffer = io.BytesIO()
    clean.save(buffer, "WEBP", quality=84, method=4)
    return buffer.getvalue()
