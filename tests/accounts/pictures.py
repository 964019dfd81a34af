"""Pictures, and things that pretend to be some."""

import io
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

HERE = "59.8586N 17.6389E"  # what a camera might write


def picture(fmt: str = "PNG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: object) -> bytes:
    """An honest picture: red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, fmt, **options)
    return buffer.getvalue()


def telling_jpeg() -> bytes:
    """A photo held upright, with notes on where and by whom."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to look at it
    exif[0x010E] = HERE
    exif[0x8298] = "Alice"
    return picture("JPEG", exif=exif, comment=HERE.encode())


def telling_png() -> bytes:
    """A PNG with text inside."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Location", HERE)
    return picture(pnginfo=notes, icc_profile=b"profile " + HERE.encode())


def moving_gif() -> bytes:
    """Fifty frames."""
    frames = [Image.new("P", (64, 64), index) for index in range(50)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def claiming_png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG of a few bytes that says how large it is."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """One piece of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def upload(data: bytes, name: str = "me.png", kind: str = "image/png") -> SimpleUploadedFile:
    """What a browser sends."""
    return SimpleUploadedFile(name, data, content_type=kind)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
