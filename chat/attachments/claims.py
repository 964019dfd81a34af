"""What the write path asks about files: whether these may go out with this message."""

from chat.errors import AttachmentGone
from chat.models import Attachment


def claim(*, sender_id: int, room_id: int, ids: tuple[str, ...] | list[str]) -> list[Attachment]:
    """The files with these public ids, in this order, locked until the transaction ends and ready to be linked.

    Raises `AttachmentGone` unless each of them was uploaded by this person into this room lately and isn't sent yet.
    """
    unsent = Attachment.objects.unsent_by(sender_id).filter(room=room_id, public_id__in=ids)
    found = {one.public_id: one for one in unsent.order_by("pk").select_for_update(of=("self",), no_key=True)}
    if len(found) != len(ids):
        raise AttachmentGone
    return [found[one] for one in ids]
