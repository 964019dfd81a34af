"""The HTTP twin of posting and catching up, and older pages: the same schemas and services as the socket's."""

from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import MemberRequest
from chat.errors import BadFrame, NotFound
from chat.live import frames, limits, schema
from chat.live.http import answers_scripts, body_of
from chat.messages.presenters import PAGE, catch_up, older_page
from chat.messages.services import Draft, Posted, post_messages
from chat.models import Membership
from chat.rooms.presenters import receipts

DIGITS = 16  # of the biggest number


@require_http_methods(["GET", "POST"])
@never_cache
@answers_scripts
def messages(request: MemberRequest, public_id: str) -> JsonResponse:
    """GET: `?since=` (changes) or `?before=&limit=` (older rows). POST: say something."""
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
    limits.reads.check(request.user.pk)
    place = Membership.objects.of(request.user).filter(room__public_id=public_id).select_related("room").first()
    if place is None:
        raise NotFound
    if "since" in request.GET:
        return {**catch_up(place, _number(request, "since")), "receipts": receipts(place)}
    size = max(1, min(_number(request, "limit", PAGE), 2 * PAGE))
    rows, more = older_page(place, _number(request, "before", schema.BIGGEST), size)
    return {"rows": rows, "more": more}


def _number(request: MemberRequest, name: str, default: int | None = None) -> int:
    """A whole number from the query. Raises `BadFrame` for anything else."""
    value = request.GET.get(name, "" if default is None else str(default))
    if not value.isascii() or not value.isdigit() or len(value) > DIGITS or int(value) > schema.BIGGEST:
        raise BadFrame
    return int(value)
