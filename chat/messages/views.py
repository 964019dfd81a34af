"""The HTTP twin of posting and catching up, with the socket's schemas and services; pages of messages, pins, stars."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.requests import MemberRequest
from chat.errors import BadFrame, MessageGone, NotFound
from chat.live import frames, limits, schema
from chat.live.http import answers_scripts, body_of
from chat.messages.markup import text_of
from chat.messages.pages import Window, earlier_versions, newer_page, page_around, pinned_rows, starred_messages
from chat.messages.presenters import PAGE, catch_up, older_page
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership, Message, Room
from chat.rooms.presenters import load_memberships, receipts, title

DIGITS = 16  # of the biggest number


@require_http_methods(["GET", "POST"])
@never_cache
@answers_scripts
def messages(request: MemberRequest, public_id: str) -> JsonResponse:
    """GET: `?since=` (changes), or `?before=`, `?after=` or `?around=` a place (rows). POST: say something."""
    return JsonResponse(_post(request, public_id) if request.method == "POST" else _read(request, public_id))


def _post(request: MemberRequest, public_id: str) -> frames.Frame:
    command = frames.interpret_post({**body_of(request), "room": public_id})
    limits.posts.check(request.user.pk)
    draft = Draft(
        sender_id=request.user.pk,
        room=public_id,
        client_id=command.client_id,
        body=command.body,
        reply_to=command.reply_to or None,
        attachments=command.attachments,
        epoch=None,
    )
    outcome = post_messages([draft])[0]
    if isinstance(outcome, Posted):
        return outcome.post.ack
    raise outcome


def _read(request: MemberRequest, public_id: str) -> frames.Frame:
    place = _place(request, public_id)
    if "since" in request.GET:
        return {**catch_up(place, _number(request, "since")), "receipts": receipts(place)}
    size = max(2, min(_number(request, "limit", PAGE), 2 * PAGE))
    window = _window(request, place, size)
    return {**window._asdict(), "starred": window.starred}


def _window(request: MemberRequest, place: Membership, size: int) -> Window:
    if "around" in request.GET:
        return page_around(place, _number(request, "around"), size)
    if "after" in request.GET:
        after = _number(request, "after")
        rows, more = newer_page(place, after, size)
        return Window(rows, more, more_after=more)
    rows, more = older_page(place, _number(request, "before", schema.BIGGEST), size)
    return Window(rows, more, more_after=False)


def _place(request: MemberRequest, public_id: str) -> Membership:
    """The member's place in the room. Raises `NotFound`, and `SlowDown` for who reads without end."""
    limits.reads.check(request.user.pk)
    place = Membership.objects.of(request.user).filter(room__public_id=public_id).select_related("room", "user").first()
    if place is None:
        raise NotFound
    return place


@require_GET
@never_cache
@answers_scripts
def edits(request: MemberRequest, public_id: str, seq: int) -> JsonResponse:
    """What a message said before: `{"edits": [{"body", "written"}]}`, oldest first."""
    message = Message.objects.visible_to(_place(request, public_id)).still_said().filter(seq=seq).first()
    if message is None:
        raise MessageGone
    return JsonResponse({"edits": earlier_versions(message)})


@require_GET
@never_cache
@answers_scripts
def pins(request: MemberRequest, public_id: str) -> JsonResponse:
    """The room's pinned messages: `{"rows"}`, the newest pin first, their texts cut for a preview."""
    return JsonResponse({"rows": pinned_rows(_place(request, public_id))})


@require_GET
@login_required
@never_cache
def starred(request: MemberRequest) -> HttpResponse:
    """The messages that the member starred, each with the way to it."""
    found = starred_messages(request.user)
    rooms = Membership.objects.of(request.user).filter(room__in={message.room_id for message in found})
    titles = {place.room_id: title(place) for place in load_memberships(rooms)}
    lines = [_line(message, titles[message.room_id], request.user) for message in found]
    return render(request, "chat/messages/starred.html", {"nav": "chats", "lines": lines})


def _line(message: Message, room: str, user: User) -> dict[str, Any]:
    text = text_of(message.html) if message.html else message.body
    return {"message": message, "text": text, "title": room, "where": _where(message, user)}


def _where(message: Message, user: User) -> str:
    """The word between a sender and a room: nothing where the room is called like the sender."""
    if message.room.kind != Room.Kind.DIRECT or len(set(message.room.pair)) == 1:
        return "in"
    return "to" if message.sender_id == user.pk else ""


def _number(request: MemberRequest, name: str, default: int | None = None) -> int:
    """A whole number from the query. Raises `BadFrame` for anything else."""
    value = request.GET.get(name, "" if default is None else str(default))
    if not value.isascii() or not value.isdigit() or len(value) > DIGITS or int(value) > schema.BIGGEST:
        raise BadFrame
    return int(value)
