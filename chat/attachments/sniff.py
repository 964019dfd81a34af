"""What a file is, by its first bytes. Its name and what the browser says of it count for nothing."""

HEAD_BYTES = 64  # that `sniff` wants to see
UNKNOWN = "application/octet-stream"

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})  # written anew: decode.py
TELLING = frozenset({"image/heic", "image/tiff"})  # cameras write the place into them, and we can't take it out
VOICES = frozenset({"audio/webm", "audio/ogg", "audio/mp4"})  # what browsers record

# What stands where. Text of any kind isn't here, and so goes out as bytes to save: HTML, SVG and scripts among them.
MAGIC = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
BRANDS = (  # of the family that ISO 14496-12 began: its first box names what follows
    ({b"avif", b"avis"}, "image/avif"),
    ({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, "image/heic"),
    ({b"M4A ", b"M4B "}, "audio/mp4"),
    ({b"qt  "}, "video/quicktime"),
)


def sniff(head: bytes) -> str:
    """The media type of a file that begins with `head`; `UNKNOWN` for whatever we don't treat in a way of its own."""
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _family(head)
    return next((mime for at, magic, mime in MAGIC if head[at : at + len(magic)] == magic), UNKNOWN)


def _family(head: bytes) -> str:
    """The brand a file is of, or one it says it is compatible with: HEIC often says so only there."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
    return next((mime for known, mime in BRANDS if brands & known), "video/mp4")


def as_voice(mime: str) -> str | None:
    """The media type of a recording, whose container may hold video as well; None if it isn't one."""
    spoken = mime.replace("video/", "audio/")
    return spoken if spoken in VOICES else None
