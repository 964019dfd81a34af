"""Shows every time in the zone of the person who looks."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from accounts.models import User

GetResponse = Callable[[HttpRequest], Any]  # an answer, or one to be awaited


@sync_and_async_middleware
def ZoneMiddleware(get_response: GetResponse) -> GetResponse:  # noqa: N802 — named like Django's own
    """Activates the signed-in person's time zone, the site's for everybody else."""
    if iscoroutinefunction(get_response):

        async def in_zone(request: HttpRequest) -> HttpResponseBase:
            with timezone.override(_zone(await request.auser())):
                return await get_response(request)

    else:

        def in_zone(request: HttpRequest) -> HttpResponseBase:  # type: ignore[misc]
            with timezone.override(_zone(request.user)):
                return get_response(request)

    return in_zone


def _zone(user: object) -> ZoneInfo | None:
    return user.zone if isinstance(user, User) else None
