"""People's pictures."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import User

HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # A new picture has a new address, so this one never changes.
    "Cache-Control": "private, max-age=31536000, immutable",
}


@require_safe
def avatar(request: HttpRequest, public_id: str, version: str) -> HttpResponse:
    """The picture of a person, for those who are signed in. 404 for strangers and for any but the present picture."""
    if not request.user.is_authenticated:
        raise Http404
    person = get_object_or_404(User, public_id=public_id)
    if person.avatar.name != f"avatars/{version}.webp":
        raise Http404
    try:
        with person.avatar.open("rb") as file:
            return HttpResponse(file.read(), content_type="image/webp", headers=HEADERS)
    except FileNotFoundError:  # the disk of a dyno forgets
        raise Http404 from None
