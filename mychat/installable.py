"""What makes the site an app on somebody's device: its manifest, its service worker, and the page for no network.

None of them knows who asks: browsers keep them, and fetch them without a cookie.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from mychat import context

GROUND = "#e4eef0"  # the pages' background in light: a manifest knows only one
ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-192.png", "192x192", "maskable"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
)
WORKER = "js/worker.js"
ICON, BADGE = "img/icon-192.png", "img/badge-96.png"
# All that the worker keeps: what /offline/ is made of.
KEPT = (
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/fields.css",
    "css/errors.css",
    "js/app.js",
    "js/offline.js",
    "img/favicon.svg",
    "img/icons.svg",
    "fonts/figtree-latin-wght-normal.woff2",
    "fonts/bricolage-grotesque-latin-wght-normal.woff2",
)
ASK_EACH_TIME = {"Cache-Control": "no-cache"}


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Name, icons and colours of the installed app."""
    described = {
        "id": "/",
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME[:12].strip(),
        "description": settings.SITE_TAGLINE,
        "lang": settings.LANGUAGE_CODE,
        "start_url": reverse("chat:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "categories": ["social"],
        "icons": [
            {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in ICONS
        ],
        "shortcuts": [_shortcut("New conversation", "chat:people"), _shortcut("Search", "chat:search")],
    }
    return JsonResponse(described, content_type="application/manifest+json", headers=ASK_EACH_TIME)


def _shortcut(name: str, view: str) -> dict[str, object]:
    return {"name": name, "url": reverse(view), "icons": [{"src": static(ICON), "sizes": "192x192"}]}


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. At the root, because a worker may only look after addresses below its own."""
    source = _worker.__wrapped__() if settings.DEBUG else _worker()
    return HttpResponse(source, content_type="text/javascript; charset=utf-8", headers=ASK_EACH_TIME)


@lru_cache
def _worker() -> str:
    """Its source, with the addresses it needs before it. They change with a release, and so does the worker."""
    kept = [reverse("offline"), *map(static, KEPT)]
    page = render_to_string("errors/offline.html", {"SITE_NAME": settings.SITE_NAME, "theme": ""})
    known = {
        "version": hashlib.sha256(page.encode() + json.dumps(kept).encode()).hexdigest()[:12],
        "page": kept[0],
        "kept": kept,
        "icon": static(ICON),
        "badge": static(BADGE),
    }
    source = finders.find(WORKER)
    code = Path(source).read_text() if isinstance(source, str) else ""
    return f"const SITE = {json.dumps(known)};\n{code}"


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What one sees while the server can't be reached: the worker keeps it, in no theme but the system's."""
    known = {"SITE_NAME": settings.SITE_NAME, "theme": context.theme(request)}
    return HttpResponse(render_to_string("errors/offline.html", known), headers=ASK_EACH_TIME)
