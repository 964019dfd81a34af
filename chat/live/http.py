"""How what scripts ask over HTTP is guarded and refused: as JSON, with the same words as on the socket."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from chat.errors import BadFrame, ChatError, SignedOut, TooLarge
from chat.live import frames

View = Callable[..., HttpResponse]


def answers_scripts(view: View) -> View:
    """For what scripts ask: a visitor hears 401 and a sentence, no sign-in page; a `ChatError` becomes its `nack`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return refused(SignedOut())
        try:
            return view(request, *args, **kwargs)
        except ChatError as refusal:
            return refused(refusal)

    return guarded


def refused(refusal: ChatError) -> JsonResponse:
    """The refusal with its status, and when to come back."""
    response = JsonResponse(frames.nack(refusal), status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(max(1, round(refusal.retry_after)))
    return response


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the request's body. Raises `TooLarge` or `BadFrame`."""
    if len(request.body) > frames.FRAME_BYTES:
        raise TooLarge
    data = frames.decode(request.body)
    if not isinstance(data, dict):
        raise BadFrame
    return data
