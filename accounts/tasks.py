"""Jobs about people's accounts."""

from allauth.usersessions.models import UserSession
from django.utils import timezone
from django_tasks import task

from accounts.models import Session


@task()
def clear_expired_sessions() -> None:
    """Deletes sessions nobody can use any more, and what the list of devices says of them."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
