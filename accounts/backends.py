"""Who is let in by password, and whose session goes on."""

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings

from accounts.models import User


class Backend(AuthenticationBackend):
    """allauth's backend that knows people by the key of their username, and demo people only on a demo site.

    Django asks `user_can_authenticate` at every request too, so what is refused here ends running sessions.
    """

    def _authenticate_by_username(self, username: str, password: str) -> User | None:
        return self._check_password(User.objects.named_like(username).first(), password)

    def user_can_authenticate(self, user: User) -> bool:
        """Whether this person may be here at all."""
        return super().user_can_authenticate(user) and (settings.DEMO or not user.is_demo)
