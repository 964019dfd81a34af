"""Work that comes again: each job puts its successor into the queue before it starts.

A successor's id is made from its name and its hour, so however many processes schedule it, it is there once. A chain
that broke (a killed job, a lost queue) is mended when the next worker starts.
"""

import uuid
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

EVERY = {
    "accounts.tasks.clear_expired_sessions": timedelta(days=1),
    "chat.attachments.tasks.sweep_orphans": timedelta(hours=1),
    "chat.notifications.tasks.forget_old": timedelta(days=1),
    "chat.notifications.tasks.tell_people": timedelta(seconds=4),  # words of a removed message go within five
    "chat.search.tasks.check_index": timedelta(days=1),
    "chat.search.tasks.index_messages": timedelta(seconds=5),
    "chat.rooms.tasks.audit_unread": timedelta(days=1),
    "mychat.recurring.forget_finished_jobs": timedelta(days=1),
}
KEPT = timedelta(days=14)
WORTH_A_RECORD = timedelta(minutes=5)  # of what comes more often only failures are remembered
NAMES = uuid.UUID("8f9f2c3a-6d0e-4c38-9f53-0d2f3b6f4a11")
EPOCH = datetime(2026, 1, 1, 3, 30, tzinfo=UTC)  # at night in Europe, where most early sites are


def schedule_all() -> None:
    """Puts the next run of every recurring job into the queue, unless it is there."""
    for name in EVERY:
        schedule(name, timezone.now())


def schedule(name: str, after: datetime) -> None:
    """Puts the first run of job `name` after that moment into the queue, unless it is there."""
    due = next_run(name, after)
    DBTaskResult.objects.get_or_create(
        id=uuid.uuid5(NAMES, f"{name} {due.isoformat()}"),
        defaults={
            "task_path": recur.module_path,
            "args_kwargs": {"args": [name], "kwargs": {}},
            "backend_name": recur.backend,
            "run_after": due,
        },
    )


def next_run(name: str, after: datetime) -> datetime:
    """The first moment of the job's rhythm after that one: the same for every process that asks."""
    period = EVERY[name]
    return EPOCH + period * ((after - EPOCH) // period + 1)


@task()
def recur(name: str) -> None:
    """Runs a recurring job, its successor first: a job that fails today runs again tomorrow."""
    schedule(name, timezone.now())
    import_string(name).call()
    if EVERY[name] < WORTH_A_RECORD:
        _runs(name).successful().delete()


def _runs(name: str) -> DBTaskResultQuerySet:
    return DBTaskResult.objects.filter(task_path=recur.module_path, args_kwargs={"args": [name], "kwargs": {}})


@task()
def forget_finished_jobs() -> None:
    """Deletes the records of jobs that ended long ago."""
    DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEPT).delete()
