"""Our rules inside allauth."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import demo, services
from accounts.models import User
from accounts.usernames import username_key

ALLAUTHS_STAGE = "allauth.account.stages.EmailVerificationStage"
OUR_STAGE = "accounts.stages.ConfirmAddress"


class Adapter(DefaultAccountAdapter):
    """Names by our rules, mail only where it may go, demo people only on a demo site."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "That username and password don’t go together.",
        "email_password_mismatch": "That address and password don’t go together.",
        "too_many_login_attempts": "That was wrong too often. Please wait five minutes and try again.",
        "rate_limited": "That’s a lot at once. Please wait a few minutes and try again.",
        "email_taken": "Somebody here has this address already.",
        "duplicate_email": "You’ve entered this address already.",
        "enter_current_password": "That isn’t your current password.",
        "incorrect_password": "That isn’t your password.",
        "invalid_password_reset": "This link has been used or is too old.",
    }

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: forms are answered with pages."""
        return False

    # --- Signing up ---

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up on a public site that nobody owns yet."""
        return settings.DEBUG or services.has_owner()

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """`username` as it will be stored. Raises `ValidationError`."""
        return services.check_username(username=username)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Fills `user` from the sign-up form and saves."""
        user.display_name = form.cleaned_data["display_name"]
        user.must_verify_email = settings.HAS_MAIL
        super().save_user(request, user, form, commit=False)
        if commit:
            services.save_unique(user)
        return user

    # --- Signing in and out ---

    def pre_login(self, request: HttpRequest, user: User, **hints: Any) -> HttpResponse | None:
        """The page that refuses `user`, or None."""
        if user.is_demo and not demo.is_offered(request):
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **hints)

    def get_login_stages(self) -> list[str]:
        """allauth's steps with ours for the address."""
        return [OUR_STAGE if stage == ALLAUTHS_STAGE else stage for stage in super().get_login_stages()]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Whose guesses these are, by what counts as one name: neither look-alikes nor another Host give more.

        A typed address comes twice, as `email` too; its look-alikes may share a count, which harms nobody.
        """
        return username_key(credentials.get("email") or credentials.get("username", ""))

    def post_login(self, request: HttpRequest, user: User, **hints: Any) -> HttpResponse:
        """Where `user` wanted to go; first past the question for an address where the site has mail but not theirs."""
        if user.must_verify_email:  # the site gave up mail before they confirmed
            services.admit(user_id=user.pk)
        response = super().post_login(request, user, **hints)
        if hints["signup"] or not settings.HAS_MAIL or EmailAddress.objects.get_verified(user):
            return response
        query = urlencode({REDIRECT_FIELD_NAME: response["Location"]})
        return HttpResponseRedirect(f"{reverse('account_email')}?{query}")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the change began."""
        return reverse("accounts:settings") + "?saved=password#security"

    def set_password(self, user: User, password: str) -> None:
        """Writes the password and nothing else of a row that may have been read long ago."""
        services.replace_password(user=user, password=password)

    # --- Mail ---

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Makes a confirmed address the person's only one.

        Unconfirmed ones go first: allauth would tell the address before it of the change, confirmed or not.
        """
        others = EmailAddress.objects.filter(user_id=email_address.user_id, verified=False)
        others.exclude(pk=email_address.pk).delete()
        return super().confirm_email(request, email_address)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """News about an account go to its confirmed address only. `email` is one that was confirmed until just now."""
        confirmed = EmailAddress.objects.get_verified(user)
        to = email or (confirmed and confirmed.email)
        if to:
            super().send_notification_mail(template_prefix, user, context, to)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends one of templates/account/email, in the site's name. A site without mail sends nothing."""
        if settings.HAS_MAIL:
            super().send_mail(template_prefix, email, {"SITE_NAME": settings.SITE_NAME, **context})


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ended sessions take their open sockets with them."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Ends each of these sessions, all of one person."""
        for session in sessions:
            services.end_sessions(user=session.user, sessions=[session])
