"""What people are told while they look elsewhere, and the browsers that show it."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Session


class PushSubscriptionQuerySet(models.QuerySet):
    """Questions about subscribed browsers."""

    def living(self) -> "PushSubscriptionQuerySet":
        """Those that are still reached, and whose browser is still signed in as that person."""
        signed_in = Session.objects.filter(
            session_key=OuterRef("session_key"), user=OuterRef("user"), expire_date__gt=timezone.now()
        )
        return self.filter(Exists(signed_in), died_at=None)

    def due(self) -> "PushSubscriptionQuerySet":
        """Those of the living that may be tried now."""
        return self.living().filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))


class PushSubscription(models.Model):
    """A browser that shows notifications to one person, while it is signed in as them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions")
    session_key = models.CharField(max_length=40, db_index=True, editable=False)
    endpoint = models.URLField(max_length=1000, unique=True)  # at the push service of the browser's maker
    p256dh = models.CharField(max_length=120)  # the browser's public key...
    auth = models.CharField(max_length=60)  # ...and its secret: only it reads what is sent
    label = models.CharField(max_length=80)  # "Firefox on Linux"
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    reached_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)  # in a row
    retry_at = models.DateTimeField(null=True, editable=False)
    died_at = models.DateTimeField(null=True, editable=False)  # given up: shown to its person, who can repair it

    objects = PushSubscriptionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.label} of {self.user_id}"


class NotificationQuerySet(models.QuerySet):
    """Questions about notifications."""

    def waiting(self) -> "NotificationQuerySet":
        """What other code wants people to be told, and nobody was told yet."""
        return self.exclude(kind=Notification.MESSAGE).filter(pushed_at=None, read_at=None)

    def taken_back(self) -> "NotificationQuerySet":
        """What still shows the words of a message that was removed since."""
        return self.filter(kind=Notification.MESSAGE, message__removed_at__isnull=False)


class Notification(models.Model):
    """Something one person was told, or is about to be told.

    Of messages there is one for each person and room: the one that their screens show, with the message whose words
    are in it. Everything else is told by `chat.notifications.services.notify`.
    """

    MESSAGE = "message"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)  # title, body, url
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, null=True, related_name="+")
    message = models.ForeignKey("chat.Message", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    pushed_at = models.DateTimeField(null=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "room"], condition=Q(kind="message"), name="notification_per_room"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="notification_by_age"),
            models.Index(
                fields=["created_at"],
                condition=Q(pushed_at=None, read_at=None) & ~Q(kind="message"),
                name="notification_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
