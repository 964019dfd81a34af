"""`manage.py recount`: is everybody told the right number of unread messages?"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chat.rooms.recount import recount_unread


class Command(BaseCommand):
    """Counts unread messages from scratch; fails when anybody is told something else."""

    help = "Counts unread messages from scratch and compares with what people are told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=10_000, help="How many memberships to look at.")

    def handle(self, *, sample: int, **options: object) -> None:
        found = recount_unread(sample=sample)
        if found.drifted:
            raise CommandError(f"{len(found.drifted)} of {found.checked} memberships drift: {found.drifted[:20]}")
        self.stdout.write(f"{found.checked} memberships, drift 0.")
