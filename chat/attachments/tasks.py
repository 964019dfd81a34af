"""Jobs about files."""

from django_tasks import task

from chat.attachments import services


@task()
def sweep_orphans() -> None:
    """Deletes uploads that were never sent, and files of removed messages that are still there."""
    services.sweep_orphans()
