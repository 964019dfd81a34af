"""The directory and a person's page."""

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.requests import MemberRequest
from chat.errors import SlowDown
from chat.people import services
from chat.people.forms import DirectoryForm
from chat.people.presenters import cards


class DirectoryRequest(MemberRequest):
    """One that htmx may have made."""

    htmx: HtmxDetails


@login_required
@require_safe
@never_cache
@csp_replace({"trusted-types": ["htmx"]})
def directory(request: DirectoryRequest) -> HttpResponse:
    """Everybody by name, searched and filtered. htmx gets the part that changed, a browser without scripts the page.

    The only page that lets a string become HTML: htmx's policy is named in `static/js/people.js`.
    """
    form = DirectoryForm(request.GET)
    context, status = _answer(request.user, form)
    context["whole"] = whole = not request.htmx or request.htmx.history_restore_request
    if whole:
        context |= {"around": services.around_now(request.user), "count": services.member_count()}
    part = "directory" if whole else "_cards" if "after" in request.GET else "_results"
    response = render(request, f"chat/people/{part}.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _answer(viewer: User, form: DirectoryForm) -> tuple[dict[str, object], int]:
    asked = form.asked()
    context: dict[str, object] = {
        "nav": "people",
        "asked": asked,
        "parts": services.Show,
        "part": services.Show(asked["show"]).label,
    }
    try:
        if asked["text"]:
            services.count_search(viewer)
    except SlowDown as refusal:
        return context | {"refusal": refusal.message}, refusal.status
    return context | _page(viewer, form), 200


def _page(viewer: User, form: DirectoryForm) -> dict[str, object]:
    after = form.place()
    found = list(services.directory(viewer, **form.asked(), after=after))
    people, beyond = found[: services.PAGE], found[services.PAGE :]
    return {
        "cards": cards(people, viewer=viewer, online=services.online_among(viewer, people)),
        "next": str(services.Place.of(people[-1])) if beyond else None,
        "is_first": after is None,
        "is_alone": people == [viewer],
    }


@login_required
@require_safe
@never_cache
def profile(request: MemberRequest, username: str) -> HttpResponse:
    """A person's page. Who is neither listed nor met isn't there."""
    person = get_object_or_404(services.people_visible_to(request.user).named(username))
    context = {
        "nav": "people",
        "person": person,
        "is_me": person.pk == request.user.pk,
        "is_online": person.pk in services.online_among(request.user, [person]),
        "now": timezone.now(),
    }
    return render(request, "chat/people/profile.html", context)


@login_required
def message(request: MemberRequest, username: str) -> HttpResponse:
    """Opens the room with this person; with oneself, notes to self."""
    if request.method != "POST":  # after signing in one arrives here by a redirect
        return redirect("chat:person", username)
    person = get_object_or_404(services.people_visible_to(request.user).present().named(username))
    try:
        room = services.room_with(person, opener=request.user)
    except SlowDown as refusal:
        return render(request, "errors/429.html", {"message": refusal.message}, status=refusal.status)
    return redirect("chat:room", room.public_id)
