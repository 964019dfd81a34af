"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

THEMES = {"light", "dark"}


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and what it can do."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_TAGLINE": settings.SITE_TAGLINE,
        "HAS_MAIL": settings.HAS_MAIL,
        "DEBUG": settings.DEBUG,
        "theme": theme(request),
    }


def theme(request: HttpRequest) -> str:
    """The theme this browser chose, "light" or "dark"; "" follows the system. The cookie is anybody's to write."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""
