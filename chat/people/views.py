"""The directory and a person's page."""

from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.requests import MemberRequest
from chat.errors import ChatError, NotFound, SlowDown
from chat.live.http import answers_scripts
from chat.live.schema import BIGGEST
from chat.messages.presenters import rows, seen_by
from chat.models import Membership, Message
from chat.people import blocks, requests, services
from chat.people.forms import DirectoryForm
from chat.people.presenters import cards
from chat.rooms.presenters import conversation, load_memberships

REQUESTS = 100  # on one page


class DirectoryRequest(MemberRequest):
    """One that htmx may have made."""

    htmx: HtmxDetails


@login_required
@require_safe
@never_cache
@csp_replace({"trusted-types": ["htmx", "worker"]})
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
    is_online = person.pk in services.online_among(request.user, [person])
    context = {
        "nav": "people",
        "person": person,
        "is_me": person.pk == request.user.pk,
        "is_blocked": request.user.blocks.filter(blocked=person).exists(),
        "is_open": services.is_open_to(request.user, person),
        "is_online": is_online,
        "last_seen": None if is_online else services.last_seen(request.user, person),
        "together": services.rooms_together(request.user, person),
        "direct": services.direct_place(request.user, person),
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
        room = requests.room_with(person, opener=request.user)
    except SlowDown as refusal:
        return render(request, "errors/429.html", {"message": refusal.message}, status=refusal.status)
    except ChatError as refusal:
        messages.warning(request, refusal.message)
        return redirect("chat:person", username)
    return redirect("chat:room", room.public_id)


@login_required
def block(request: MemberRequest, username: str) -> HttpResponse:
    """Blocks this person, or with `on=` nothing unblocks them, and goes back to where it was asked."""
    if request.method == "POST":
        person = get_object_or_404(services.people_visible_to(request.user).named(username))
        if person != request.user:
            blocks.block_person(blocker=request.user, blocked=person, on=bool(request.POST.get("on")))
    return _back(request, reverse("chat:person", args=[username]))


@login_required
@require_safe
@never_cache
def waiting(request: MemberRequest) -> HttpResponse:
    """Who wrote and waits for an answer."""
    asked = [conversation(place) for place in load_memberships(requests.requests_of(request.user)[:REQUESTS])]
    return render(request, "chat/people/requests.html", {"nav": "chats", "requests": asked})


@login_required
def answer_request(request: MemberRequest, public_id: str) -> HttpResponse:
    """Accepts the request, and opens its room; or deletes it."""
    if request.method != "POST":
        return redirect("chat:room", public_id)
    accept = request.POST.get("answer") == "accept"
    decide = requests.accept_request if accept else requests.decline_request
    try:
        decide(user=request.user, room=public_id)
    except NotFound as refusal:
        raise Http404 from refusal
    return redirect("chat:room", public_id) if accept else _back(request, reverse("chat:home"))


@login_required
def close(request: MemberRequest, public_id: str) -> HttpResponse:
    """Closes this conversation, or with `on=` nothing opens it again."""
    if request.method == "POST":
        try:
            blocks.close_room(user=request.user, room=public_id, on=bool(request.POST.get("on")))
        except NotFound as refusal:
            raise Http404 from refusal
    return redirect("chat:room", public_id)


@require_GET
@never_cache
@answers_scripts
def reveal(request: MemberRequest, public_id: str, seq: int) -> JsonResponse:
    """One message as it is, for who blocked its sender and wants to see it all the same. To a script, as its row."""
    place = Membership.objects.of(request.user).filter(room__public_id=public_id).first()
    found = rows(Message.objects.visible_to(place).filter(seq=seq)) if place and seq < BIGGEST else []
    if not (place and found):
        raise NotFound
    return JsonResponse({"message": seen_by(found[0], blocked=frozenset(), floor=place.visible_from_seq)})


def _back(request: MemberRequest, otherwise: str) -> HttpResponse:
    """To the page of this site that the form names."""
    wanted = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if known else otherwise)
