"""Which browsers are told, and what was seen in a page."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import agents
from accounts.requests import MemberRequest
from chat.errors import BadSubscription, NotFound, SlowDown
from chat.live.http import answers_scripts, body_of
from chat.models import PushSubscription
from chat.notifications import push, services, tasks

TEST_EVERY = 5  # seconds


@require_GET
@never_cache
@answers_scripts
def key(request: MemberRequest) -> JsonResponse:
    """The key that a browser subscribes with."""
    return JsonResponse({"key": push.public_key()})


@require_POST
@never_cache
@answers_scripts
def subscribe(request: MemberRequest) -> JsonResponse:
    """Tells this browser from now on; the body is what `PushSubscription.toJSON()` gives."""
    data = body_of(request)
    keys = data.get("keys")
    endpoint, p256dh, auth = _text(data, "endpoint"), _text(keys, "p256dh"), _text(keys, "auth")
    services.subscribe(
        user=request.user,
        session_key=request.session.session_key or "",
        endpoint=endpoint,
        p256dh=p256dh,
        auth=auth,
        label=agents.describe(request.headers.get("User-Agent", "")),
    )
    return JsonResponse({"subscribed": True}, status=201)


@require_POST
@never_cache
@answers_scripts
def unsubscribe(request: MemberRequest) -> JsonResponse:
    """Tells the browser with this `endpoint` nothing any more."""
    services.unsubscribe(user=request.user, endpoint=_text(body_of(request), "endpoint"))
    return JsonResponse({"subscribed": False})


@require_POST
@never_cache
@answers_scripts
def test(request: MemberRequest) -> JsonResponse:
    """Sends a notification to this browser, in a moment."""
    mine = PushSubscription.objects.living().filter(user=request.user, session_key=request.session.session_key)
    browser = mine.first()
    if browser is None:
        raise BadSubscription
    if not cache.add(f"push:test:{request.user.pk}", 1, TEST_EVERY):
        raise SlowDown(retry_after=TEST_EVERY)
    tasks.send_test.enqueue(browser.pk, _test_content())
    return JsonResponse({"sent": True})


@require_POST
@never_cache
@answers_scripts
def seen(request: MemberRequest, notice_id: int) -> JsonResponse:
    """This notice was seen in a page: it isn't pushed any more."""
    services.mark_seen(user=request.user, notice_id=notice_id)
    return JsonResponse({"seen": True})


@login_required
@never_cache
@require_POST
def remove_browser(request: MemberRequest, browser_id: int) -> HttpResponse:
    """From the list in the settings: this browser of mine shows nothing any more."""
    try:
        services.remove_browser(user=request.user, browser_id=browser_id)
    except NotFound:
        raise Http404 from None
    return HttpResponseRedirect(f"{reverse('accounts:settings')}?saved=notifications#notifications")


def _test_content() -> dict[str, str]:
    return {
        "title": settings.SITE_NAME,
        "body": "That’s how a message will show up.",
        "tag": "test",
        "url": f"{reverse('accounts:settings')}#notifications",
    }


def _text(data: Any, name: str) -> str:
    """A text of the body. Raises `BadSubscription` for anything else."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, str) or not found or len(found) > push.ENDPOINT_CHARS or "\0" in found:
        raise BadSubscription
    return found
