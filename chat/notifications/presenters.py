"""A notification as a browser shows it."""

from typing import Any

from chat.messages.presenters import latest_rows
from chat.models import Membership, Message, Room
from chat.rooms.presenters import file_words, title

LINE = 160  # characters of a message: screens show no more, and a push holds 4 KB
Content = dict[str, Any]


def of_messages(place: Membership, newest: Message, count: int, *, replaces: bool = False) -> Content:
    """What a member is told of `count` unread messages, the newest of which is `newest` (with `.sender`).

    Needs the membership's `.others`. Without previews it says who wrote, and in which room, but no word of theirs.
    """
    name = title(place)
    who = newest.sender.name if newest.sender else ""
    heading = name if count == 1 else f"{name} · {count} new messages"
    text = _text(newest) if place.user.push_previews else _wordless(place, who)
    in_group = place.room.kind == Room.Kind.GROUP and place.user.push_previews and who
    body = f"{who}: {text}" if in_group else text
    return _content(place, heading, body) | ({"replaces": True} if replaces else {})


def of_removal(place: Membership) -> Content:
    """What takes the place of a removed message's words, and of nothing else."""
    return _content(place, title(place), "Message removed") | {"replaces": True}


def of_notice(pk: int, data: Content) -> Content:
    """What other code wants somebody to be told."""
    return {key: data.get(key, "") for key in ("title", "body", "url")} | {"tag": f"notice{pk}"}


def _content(place: Membership, heading: str, body: str) -> Content:
    room = place.room.public_id
    return {"title": heading, "body": body, "tag": room, "room": room, "url": f"/r/{room}/"}


def _text(message: Message) -> str:
    row = latest_rows({message.pk})[message.pk]
    return " ".join(row["body"].split())[:LINE] or file_words(row.get("attachments", [])) or "A message"


def _wordless(place: Membership, who: str) -> str:
    if place.room.kind == Room.Kind.GROUP or not who:
        return "There is something new"
    return f"{who} wrote to you"
