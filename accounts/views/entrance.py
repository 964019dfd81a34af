"""Coming in: allauth's pages with our rules around them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account import views as allauth
from allauth.account.utils import get_next_redirect_url, perform_login
from django.conf import settings
from django.contrib.auth import logout
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.http import require_POST

from accounts import demo, services
from accounts.forms import SignUpForm
from accounts.models import User
from accounts.requests import MemberRequest

View = Callable[..., HttpResponse]


class SignIn(allauth.LoginView):
    """The sign-in page; on a demo site, with the demo people at the door."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """allauth's context and the demo people, if they may sign in by this request."""
        people = User.objects.present().filter(is_demo=True).order_by("pk") if demo.is_offered(self.request) else []
        return super().get_context_data(**kwargs) | {"demo_people": people}


class SignUp(allauth.SignupView):
    """The sign-up page."""

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """In, or the form again for the slower of two who wanted one name."""
        try:
            return super().form_valid(form)
        except services.UsernameTaken:
            form.refuse_username()
            return self.form_invalid(form)


class RedirectThen(HttpResponseRedirect):
    """A redirect, and something to do when it is on its way."""

    def __init__(self, url: str, then: Callable[[], None]) -> None:
        super().__init__(url)
        self.then = then

    def close(self) -> None:
        """The server has sent everything."""
        self.then()
        super().close()


class _EndsOldAccess:
    """A new password closes what the old one opened.

    This browser's open pages are closed too, and ask at once whether they may come back. They do so with the new
    session's cookie, which therefore has to be here before.
    """

    request: MemberRequest

    def form_valid(self, form: Form) -> HttpResponse:
        """Where the person goes on, and then the announcement."""
        answer = super().form_valid(form)  # type: ignore[misc]
        tell = partial(services.announce_access_change, user=self.request.user, reason="password_changed")
        return RedirectThen(answer["Location"], tell)


class ChangePassword(_EndsOldAccess, allauth.PasswordChangeView):
    """The page for a new password by the old one."""


class SetPassword(_EndsOldAccess, allauth.PasswordSetView):
    """The page for a first password."""


class Addresses(allauth.EmailView):
    """The page of one's address."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """allauth's context and where "Not now" leads."""
        later = get_next_redirect_url(self.request)
        return super().get_context_data(**kwargs) | {"later": later}


def needs_mail(view: View) -> View:
    """`view` on a site with mail; elsewhere there is no such page."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.HAS_MAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def forgot(request: HttpRequest) -> HttpResponse:
    """Asks for the address to send a reset link to; on a site without mail, says whom to ask."""
    if settings.HAS_MAIL:
        return allauth.password_reset(request)
    return render(request, "accounts/ask_the_owner.html", {"owners": User.objects.owners().order_by("pk")[:3]})


def index(request: HttpRequest) -> HttpResponse:
    """/accounts/ itself holds nothing."""
    return redirect("accounts:settings")


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Signs in as one of the demo people. 404 wherever they aren't offered."""
    if not demo.is_offered(request):
        raise Http404
    person = get_object_or_404(User.objects.present(), is_demo=True, username=request.POST.get("username", ""))
    if request.user.is_authenticated:
        logout(request)
    home = get_next_redirect_url(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
    response = perform_login(request, person, email_verification="none", redirect_url=home)
    return response if response else HttpResponseRedirect(home)
