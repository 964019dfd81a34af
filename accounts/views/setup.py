"""/setup/: the first owner, once."""

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import services
from accounts.forms import OwnerForm


@sensitive_post_parameters("code", "password")
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Makes the owner for whoever knows the code and signs them in. 404 once there is one."""
    if services.has_owner():
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/setup.html", {"form": OwnerForm()})
    slow_down = ratelimit.consume_or_429(request, action="setup")
    if slow_down:
        return slow_down
    return _make_owner(request, OwnerForm(request.POST))


def _make_owner(request: HttpRequest, form: OwnerForm) -> HttpResponse:
    if form.is_valid():
        details = {key: value for key, value in form.cleaned_data.items() if key != "code"}
        try:
            owner = services.make_owner(**details)
        except services.OwnerExists:
            raise Http404 from None
        except services.UsernameTaken:
            form.add_error("username", "That username was taken a moment ago.")
        else:
            home = resolve_url(settings.LOGIN_REDIRECT_URL)
            return perform_login(request, owner, email_verification="none", redirect_url=home)
    return render(request, "accounts/setup.html", {"form": form})
