"""Jobs that keep what is searched. When they come again is in `mychat/recurring.py`."""

from django_tasks import task

from chat.search import indexing

SECONDS = 4.0  # of each round: other jobs get their turn in between


@task()
def index_messages() -> None:
    """Indexes what was said, edited and removed since the last round."""
    indexing.bring_up_to_date(seconds=SECONDS)


@task()
def check_index() -> None:
    """Lets the next rounds compare every message with the index: heals whatever went wrong."""
    indexing.look_again()
