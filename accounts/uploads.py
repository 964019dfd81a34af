"""Pictures people upload, made anew: small, square, and without anything the camera wrote into them."""

import io
import logging
import threading
import warnings

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

MAX_BYTES = 5 * 1024 * 1024
MEGA = 1_000_000
# Each takes four bytes while it is decoded, however small the file. What phones call 12 megapixels is up to 12.2.
MAX_PIXELS = 12_500_000
MAX_WEBP_PIXELS = 6 * MEGA  # its decoder makes four copies
MAX_SIDE = 10_000
SIDE = 256
WORKING_SIDE = 4 * SIDE  # 16 of its pixels make one of ours, so that picking them from a larger picture doesn't show
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")  # Pillow tries no other decoder, whatever the bytes claim to be
PLAIN_MODES = frozenset({"L", "RGB", "RGBA"})

log = logging.getLogger(__name__)
decoding = threading.BoundedSemaphore(1)  # one picture's memory a process, however many people send one at once
warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns of what is large, not huge


class BadPicture(ValueError):
    """What was uploaded can't be a picture here. Its text is a sentence for the person."""


class TooManyPixels(BadPicture):
    """It would be too large in memory."""

    def __init__(self, limit: int = MAX_PIXELS) -> None:
        super().__init__(f"That picture has too many pixels. Please choose one of at most {limit // MEGA} megapixels.")


def reencode(upload: UploadedFile) -> bytes:
    """The upload as a square WebP of 256 pixels, upright, nothing of the original file left.

    Raises `BadPicture` for everything else, however it was made.
    """
    if not upload.size:
        raise BadPicture("That file is empty.")
    if upload.size > MAX_BYTES:
        raise BadPicture("That picture is larger than 5 MB. Please choose a smaller one.")
    try:
        with decoding:
            return _webp(_square(upload))
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels from None
    except Exception as error:  # noqa: BLE001 — a decoder that is fed hostile bytes may raise anything
        log.info("picture refused: %s", type(error).__name__)
        raise BadPicture("That file isn’t a PNG, JPEG, WebP or GIF picture, or it is damaged.") from None


def _square(upload: UploadedFile) -> Image.Image:
    upload.seek(0)
    with Image.open(upload, formats=FORMATS) as image:
        _refuse_huge(image)
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))  # lets JPEG decode at a fraction of its size
        image.load()
        upright = _upright(_small(image))
    if upright.mode not in PLAIN_MODES:
        upright = upright.convert("RGBA")
    return upright.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _refuse_huge(image: Image.Image) -> None:
    """Raises `TooManyPixels`, asking only what the file's first bytes say."""
    limit = MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
    width, height = image.size
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise TooManyPixels(limit)


def _small(image: Image.Image) -> Image.Image:
    """The middle square of `image`, shrunk before anything else makes copies of it.

    Picks pixels, because everything better needs a whole copy in another mode where there is a palette or alpha.
    """
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    small = min(side, WORKING_SIDE)
    return image.resize((small, small), Image.Resampling.NEAREST, box=(left, top, left + side, top + side))


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
