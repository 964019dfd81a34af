"""`manage.py jobs`: runs jobs as they come, and sees to it that the recurring ones do."""

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.db import DatabaseError
from django_tasks_db.management.commands import db_worker

from mychat import health, jobs, recurring

WAIT_SECONDS = 2.0


class Command(db_worker.Command):
    """django-tasks-db's worker on all queues, started only once the database is migrated."""

    help = "Runs jobs as they come. The server starts it by itself unless WORKER=separate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--beside", action="store_true", help="End when standard input closes; give way to the web."
        )
        parser.set_defaults(queue_name="*", reload=False)

    def configure_logging(self, verbosity: int) -> None:
        """A failed job is worth a line; starting and ending aren't."""
        logging.getLogger("django_tasks_db").setLevel(logging.ERROR)

    def handle(self, *, beside: bool, **options: Any) -> None:
        if beside:
            jobs.live_with_parent()
        await_database()
        recurring.schedule_all()
        super().handle(**options)


def await_database() -> None:
    """Returns once the database answers and is migrated: on some platforms we start before the release command."""
    while not _database_ready():
        time.sleep(WAIT_SECONDS)


def _database_ready() -> bool:
    try:
        return health.database() is None
    except DatabaseError:
        return False
