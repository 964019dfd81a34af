"""`manage.py release`: what has to happen between a build and its first request. Safe to run again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from accounts.services import has_owner
from accounts.setup import setup_code
from mychat import statics

RELEASE_LOCK = 0x6D796368_72656C  # any number, the same in every release


class Command(BaseCommand):
    """Migrates, collects static files where nobody did, and says how to become the owner."""

    help = "Prepares the database and the static files for this version of the code."

    def handle(self, **options: Any) -> None:
        with one_at_a_time():
            call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        statics.collect_if_stale()
        if not has_owner():
            self.stdout.write(invitation())


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One release migrates at a time, and none waits long for a lock while the site stands in line behind it."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [RELEASE_LOCK])
        cursor.execute("SET lock_timeout = '5s'")
        try:
            yield
        finally:  # the pool keeps the connection, and with it everything that was set
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RELEASE_LOCK])


def invitation() -> str:
    """Where and by which code the owner makes their account."""
    host = next((name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))), "")
    scheme = "https" if settings.HTTPS else "http"
    place = f"{scheme}://{host}/setup/" if host else "/setup/ on your site"
    code = "the one in the setting SETUP_CODE" if settings.SETUP_CODE else setup_code()
    return f"Nobody owns this site yet.\n  Open:  {place}\n  Code:  {code}"
