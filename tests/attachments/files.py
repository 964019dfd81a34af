"""Files as people send them, and files that pretend: made here, so that nothing hostile lies in the repository."""

import io
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

HERE = b"59.8586N 17.6389E"  # what a camera writes of where it was
SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!doctype html><title>x</title>" + SCRIPT
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(
    900
)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + HERE


def drawn(size: tuple[int, int] = (800, 600), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image.convert(mode)


def encoded(image: Image.Image, fmt: str, **options: object) -> bytes:
    """The image as a file of this format."""
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def picture(fmt: str = "PNG", size: tuple[int, int] = (800, 600), mode: str = "RGB", **options: object) -> bytes:
    """An honest picture."""
    return encoded(drawn(size, mode), fmt, **options)


def telling_photo() -> bytes:
    """A photo held upright, with notes on where and by whom, and a preview that repeats them."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to look at it
    exif[0x010E] = HERE.decode()
    exif.get_ifd(0x8825)[2] = (59.0, 51.0, 31.0)  # GPSLatitude
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return picture("JPEG", exif=exif, comment=HERE, icc_profile=profile, xmp=b"<x>" + HERE + b"</x>") + HERE


def photo_with_notes_of(size: int) -> bytes:
    """A photo whose notes are far larger than itself."""
    segment = b"\xff\xe1" + struct.pack(">H", 65_535) + b"Exif\x00\x00" + b"\xff" * 65_527
    honest = picture("JPEG")
    return honest[:2] + segment * (size // 65_535) + honest[2:]


def moving(frames: int = 12, size: tuple[int, int] = (320, 240), fmt: str = "GIF") -> bytes:
    """A picture that moves."""
    images = [Image.new("RGB", size, (index * 60 % 250, 90, index * 7 % 250)) for index in range(frames)]
    return encoded(images[0], fmt, save_all=True, append_images=images[1:], duration=100, loop=0)


def claiming_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says how large it is."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def true_bomb(side: int) -> bytes:
    """A PNG that really has all the pixels it claims, in a few hundred kilobytes."""
    packer = zlib.compressobj(9)
    row = b"\x00" + bytes((side + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """One piece of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def upload(data: bytes, name: str = "picture.png", kind: str = "image/png") -> SimpleUploadedFile:
    """What a browser sends."""
    return SimpleUploadedFile(name, data, content_type=kind)
