"""Files as the wire shows them."""

from typing import Any

from chat.models import Attachment

Described = dict[str, Any]


def described(attachment: Attachment) -> Described:
    """A file as the wire's `attachment`: without what it has none of.

    `id`, `kind`, `name`, `mime` and `size` (bytes) always; `width` and `height` (pixels) of pictures, and `thumb` where
    a smaller one may be asked for; `seconds` of voice notes and of pictures that move; `waveform` of voice notes.
    """
    shown: Described = {
        "id": attachment.public_id,
        "kind": attachment.kind,
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "thumb": bool(attachment.thumbnail) or None,
        "seconds": attachment.seconds,
        "waveform": attachment.waveform,
        "alt": attachment.alt or None,
    }
    return {key: value for key, value in shown.items() if value is not None}
