"""The directory and a person's page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import User
from chat.errors import SlowDown
from chat.people import services
from chat.people.forms import DirectoryForm
from chat.people.presenters import cards
from chat.rooms.services import open_direct_room


@login_required
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Everybody by name, searched and filtered. htmx gets the part that changed, a browser without scripts the page."""
    form = DirectoryForm(request.GET)
    asked, status = form.asked(), 200
    context = {"nav": "people", "asked": asked, "parts": services.Show, "part": services.Show(asked["show"]).label}
    try:
        if asked["text"]:
            services.count_search(request.user)
        context |= _page(request.user, form)
    except SlowDown as refusal:
        context["refusal"], status = refusal.message, refusal.status
    if not request.htmx or request.htmx.history_restore_request:
        context |= {"around": services.around_now(request.user), "count": services.member_count()}
    response = render(request, f"chat/people/{_template(request)}.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page(viewer: User, form: DirectoryForm) -> dict[str, object]:
    after = form.place()
    found = services.directory(viewer, **form.asked(), after=after)
    people, beyond = found[: services.PAGE], found[services.PAGE :]
    return {
        "cards": cards(people, viewer=viewer, online=services.online_among(viewer, people)),
        "next": str(services.Place.of(people[-1])) if beyond else None,
        "is_first": after is None,
        "is_alone": people == [viewer],
    }


def _template(request: HttpRequest) -> str:
    if not request.htmx or request.htmx.history_restore_request:
        return "directory"
    return "_cards" if "after" in request.GET else "_results"


@login_required
@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """A person's page. Who is neither listed nor met isn't there."""
    person = get_object_or_404(services.people_visible_to(request.user).named(username))
    context = {
        "nav": "people",
        "person": person,
        "is_me": person.pk == request.user.pk,
        "is_online": person.pk in services.online_among(request.user, [person]),
        "local_time": timezone.localtime(timezone=person.zone) if person.time_zone else None,
    }
    return render(request, "chat/people/profile.html", context)


@login_required
def message(request: HttpRequest, username: str) -> HttpResponse:
    """Opens the room with this person; with oneself, notes to self."""
    if request.method != "POST":  # after signing in one arrives here by a redirect
        return redirect("chat:person", username)
    person = get_object_or_404(services.people_visible_to(request.user).present().named(username))
    return redirect("chat:room", open_direct_room(opener=request.user, other=person).public_id)
