"""Sees to it that the static files the pages name are there."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

MANIFEST = "staticfiles.json"


def collect_if_missing() -> None:
    """Collects the static files where the platform has no step for it. With DEBUG they are served from their source."""
    if not settings.DEBUG and not _manifest().exists():
        collect()


def collect_if_stale() -> None:
    """As `collect_if_missing`, also when a source has changed since: some platforms update in place."""
    if not settings.DEBUG and (not _manifest().exists() or _newest_source() > _manifest().stat().st_mtime):
        collect()


def collect() -> None:
    """Copies the static files to STATIC_ROOT under names that change with their content."""
    call_command("collectstatic", interactive=False, verbosity=0)


def _manifest() -> Path:
    return Path(settings.STATIC_ROOT) / MANIFEST


def _newest_source() -> float:
    sources = (storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    return max((Path(source).stat().st_mtime for source in sources), default=0.0)
