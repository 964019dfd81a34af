"""The HTTP twin of posting and catching up, and older pages: the same schemas and services as the socket's."""

import json

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from accounts.requests import MemberRequest
from chat.errors import BadFrame, ChatError, TooLarge
from chat.live import frames, limits
from chat.messages.presenters import PAGE, catch_up, older_page
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership
from chat.rooms.presenters import receipts
from chat.rooms.views import signed_in_or_401


@require_http_methods(["GET", "POST"])
@signed_in_or_401
def messages(request: MemberRequest, public_id: str) -> JsonResponse:
    """GET: `?since=` (changes) or `?before=&limit=` (older rows). POST: say something."""
    try:
        return JsonResponse(_post(request, public_id) if request.method == "POST" else _read(request, public_id))
    except ChatError as refusal:
        response = JsonResponse(frames.nack(refusal), status=refusal.status)
        if refusal.retry_after is not None:
            response["Retry-After"] = str(max(1, round(refusal.retry_after)))
        return response


def _post(request: MemberRequest, public_id: str) -> frames.Frame:
    command = frames.interpret_post({**_body(request), "room": public_id})
    limits.posts.check(request.user.pk)
    draft = Draft(sender_id=request.user.pk, room=public_id, client_id=command.client_id, body=command.body)
    outcome = post_messages([draft])[0]
    if isinstance(outcome, Posted):
        return outcome.post.ack
    raise outcome


def _body(request: MemberRequest) -> dict:
    if len(request.body) > frames.FRAME_BYTES:
        raise TooLarge
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadFrame from error
    if not isinstance(data, dict):
        raise BadFrame
    return data


def _read(request: MemberRequest, public_id: str) -> frames.Frame:
    mine = Membership.objects.of(request.user).select_related("room")
    place: Membership = get_object_or_404(mine, room__public_id=public_id)
    if "since" in request.GET:
        return {**catch_up(place, _number(request, "since")), "receipts": receipts(place)}
    size = min(_number(request, "limit", PAGE), 2 * PAGE)
    rows, more = older_page(place, _number(request, "before", frames.BIGGEST), size)
    return {"rows": rows, "more": more}


def _number(request: MemberRequest, name: str, default: int | None = None) -> int:
    """A whole number from the query. Raises `BadFrame` for anything else."""
    value = request.GET.get(name, "" if default is None else str(default))
    if not value.isascii() or not value.isdigit() or int(value[:20]) > frames.BIGGEST:
        raise BadFrame
    return int(value)
