"""Pages that say what went wrong."""

import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mychat import context

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the request was larger than we take."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, 413)
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, and not allowed."""
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not for this person to know of."""
    return error_page(request, 404)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: the sign-in pages' limits, and ours."""
    return error_page(request, 429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 with a sentence that helps: the usual reason is a page that was open for very long."""
    return error_page(request, 403, template="errors/csrf.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Says so in plain text when even the page can't be made."""
    try:
        return error_page(request, 500)
    except Exception:  # whatever broke may have broken the templates too
        log.exception("the error page failed")
        return HttpResponse("Something broke on our side. Please try again.", status=500, content_type="text/plain")


def error_page(request: HttpRequest, status: int, *, template: str = "") -> HttpResponse:
    """The page for `status`. It knows nothing of who asks: no database, no session, so it works when they don't."""
    known = {"SITE_NAME": settings.SITE_NAME, "theme": context.theme(request)}
    return HttpResponse(render_to_string(template or f"errors/{status}.html", known), status=status)
