"""A one-time password reset link, for sites without mail and people without their mailbox."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.models import User


class Command(BaseCommand):
    help = "Prints a link by which a person chooses a new password: once, within 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--site", default="", help="where the site answers, such as https://chat.example.com")

    def handle(self, *, username: str, site: str, **options: Any) -> None:
        user = User.objects.present().named_like(username).first()
        if user is None:
            raise CommandError(f"Nobody here is called {username}.")
        self.stdout.write((site or _site()).rstrip("/") + services.make_reset_link(user=user))


def _site() -> str:
    """The site's address where it is certain; otherwise nothing, and the path is printed alone."""
    named = [host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))]
    return f"https://{named[0]}" if named and settings.HTTPS else ""
