"""What happens elsewhere that ends somebody's access, or begins it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, password_reset
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import services
from accounts.models import User


@receiver(user_logged_out)
def end_session(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Signing out closes the session's sockets.

    Django forgets the session after this signal. It goes here already, or a socket that is closed now could come back.
    """
    key = request.session.session_key
    if user is None or key is None:
        return
    request.session.delete(key)
    services.announce_access_change(user=user, reason="signed_out", session_key=key)


@receiver(password_reset)
def end_old_access(user: User, **_: Any) -> None:
    """A password chosen by a link closes what the old one opened. For a change by oneself see `views/entrance.py`."""
    services.announce_access_change(user=user, reason="password_changed")


@receiver(email_confirmed)
def let_in(email_address: EmailAddress, **_: Any) -> None:
    """A newcomer has shown that the address is theirs."""
    services.admit(user_id=email_address.user_id)
