"""The HTTP twin of the socket's commands: the same JSON, the same services, for who can't get a socket through."""

from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.requests import MemberRequest
from chat.errors import UnknownType
from chat.live import frames
from chat.live.acting import Actor
from chat.live.actions import ACTIONS, act
from chat.live.http import answers_scripts, body_of


@require_POST
@never_cache
@answers_scripts
def commands(request: MemberRequest) -> JsonResponse:
    """Carries out one command of those that a service answers. Returns its `ack`, or a `nack` with its status."""
    command = frames.interpret(body_of(request))
    if type(command) not in ACTIONS:
        raise UnknownType
    return JsonResponse(act(Actor(request.user.pk), command) or {})
