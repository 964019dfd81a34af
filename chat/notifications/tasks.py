"""Jobs about notifications. When they come again is in `mychat/recurring.py`."""

from django_tasks import task

from chat.models import PushSubscription
from chat.notifications import sweep


@task()
def tell_people() -> None:
    """Tells people what waits for them while they look elsewhere."""
    sweep.sweep()


@task()
def forget_old() -> None:
    """Deletes what was told long ago, and browsers that were given up long ago."""
    sweep.forget_old()


@task()
def send_test(browser_id: int, content: dict[str, str]) -> None:
    """Shows a notification in one browser, because its person wants to see how that looks."""
    sweep.send_to(PushSubscription.objects.living().filter(pk=browser_id), content, "test")
