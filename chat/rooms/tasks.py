"""Jobs about rooms. When they come again is in `mychat/recurring.py`."""

from django_tasks import task

from chat.rooms.recount import recount_unread


@task()
def audit_unread() -> None:
    """Counts some people's unread from scratch and logs whether anybody is told something else."""
    recount_unread()
