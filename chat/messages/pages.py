"""Pages of messages for one member: around a place, onward from it, pinned, starred, and what one said before."""

from typing import Any, NamedTuple

from django.db.models import F, Q

from accounts.models import User
from chat.messages.presenters import PAGE, Row, fitting, for_viewer, newest_page, previews, rows, stamp
from chat.models import Membership, Message, MessageEdit, Room, Star
from chat.models.messages import MessageQuerySet

MOST_STARS = 200  # on the page of them


class Window(NamedTuple):
    """Rows, oldest first, and whether there are more before and after them."""

    rows: list[Row]
    more: bool
    more_after: bool

    @property
    def starred(self) -> list[int]:
        """The places of those that this member starred."""
        return [row["seq"] for row in self.rows if row.get("starred")]


def opening_page(place: Membership, size: int, at: int | None = None) -> Window:
    """What a room's page begins with: the newest rows, or those around place `at`, if that may be seen."""
    if at is not None:
        window = page_around(place, at, size)
        if any(row["seq"] == at for row in window.rows):
            return window
    newest = newest_page(place, size)
    return Window(newest, bool(newest) and newest[0]["seq"] > max(1, place.visible_from_seq), more_after=False)


def newer_page(place: Membership, after: int, size: int = PAGE) -> tuple[list[Row], bool]:
    """At most `size` rows after place `after`, oldest first, and whether there are more."""
    return _first(Message.objects.visible_to(place).onward(after + 1), place, size)


def page_around(place: Membership, seq: int, size: int = PAGE) -> Window:
    """At most `size` rows with place `seq` in their midst, if it is there."""
    older, more = _first(Message.objects.visible_to(place).before(seq), place, size // 2)
    newer, more_after = newer_page(place, seq - 1, size - size // 2)
    return Window(older[::-1] + newer, more, more_after)


def _first(messages: MessageQuerySet, place: Membership, size: int) -> tuple[list[Row], bool]:
    found = rows(messages[: size + 1], place)
    page = fitting(found[:size])
    return page, len(page) < len(found)


def pinned_rows(place: Membership) -> list[Row]:
    """The room's pinned messages that this member may see, the newest pin first; their texts cut for a preview."""
    return for_viewer(list(previews(Message.objects.visible_to(place).pinned()).values()), place)


def earlier_versions(message: Message) -> list[dict[str, Any]]:
    """What the message said before it was edited, oldest first."""
    edits = MessageEdit.objects.filter(message=message).order_by("pk")
    return [{"body": edit.body, "written": stamp(edit.written_at)} for edit in edits]


def starred_messages(user: User) -> list[Message]:
    """The person's newest stars in the rooms they are in now, the newest first: `Message.objects.visible_to` for many.

    With `.sender` and `.room`. What is removed or hidden has lost its star. In groups, none of people they blocked.
    """
    inside = Q(message__room__memberships__user=user, message__room__memberships__state__in=Membership.INSIDE)
    seen = Q(message__seq__gte=F("message__room__memberships__visible_from_seq"))
    blocked = Q(message__sender__in=user.blocks.values("blocked"), message__room__kind=Room.Kind.GROUP)
    stars = Star.objects.filter(inside & seen, user=user).exclude(blocked)
    newest = stars.select_related("message__sender", "message__room").order_by("-pk")
    return [star.message for star in newest[:MOST_STARS]]
