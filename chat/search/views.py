"""The search page, and the same for the quick switcher."""

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import MemberRequest
from chat.errors import ChatError
from chat.live.http import answers_scripts
from chat.people.services import count_search
from chat.people.views import DirectoryRequest
from chat.rooms.presenters import title
from chat.search import services
from chat.search.forms import SearchForm
from chat.search.presenters import line, room_line, row
from chat.search.scope import named_places

FEW = 5  # messages in the quick switcher


@login_required
@require_safe
@never_cache
@csp_replace({"trusted-types": ["htmx", "worker"]})
def search(request: DirectoryRequest) -> HttpResponse:
    """Messages, people and rooms. htmx gets the part that changed, a browser without scripts the page.

    As in the directory, a string becomes HTML here: htmx's policy is named in `static/js/people.js`.
    """
    form = SearchForm(request.GET)
    context, status = _answer(request.user, form)
    context["whole"] = whole = not request.htmx or request.htmx.history_restore_request
    part = "search" if whole else "_hits" if "older" in request.GET else "_results"
    response = render(request, f"chat/search/{part}.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _answer(user: User, form: SearchForm) -> tuple[dict[str, object], int]:
    context: dict[str, object] = {"nav": "search", "form": form, "text": form.text("q"), **_picked(user, form)}
    try:
        query = form.query()
        if query.is_empty:
            return context, 200
        count_search(user)
    except ChatError as refusal:
        return context | {"refusal": refusal.message}, refusal.status
    found = services.search_messages(user, query, before=form.cursor())
    is_first = form.cursor() is None
    return context | {
        "asked": True,
        "is_first": is_first,
        "hits": [line(hit) for hit in found.hits],
        "next": found.next,
        "people": services.search_people(user, query) if is_first else [],
        "rooms": [room_line(place) for place in services.search_rooms(user, query)] if is_first else [],
    }, 200


def _picked(user: User, form: SearchForm) -> dict[str, object]:
    """What was picked beside the words, by the names people know: a room that isn't theirs has none."""
    room = form.text("room")
    places = [place for place in named_places(user) if place.room.public_id == room] if room else []
    return {
        "has": form.cleaned_data.get("has", []),
        "room": room,
        "room_title": title(places[0]) if places else room,
        "sender": form.text("sender"),
    }


@require_safe
@never_cache
@answers_scripts
def messages(request: MemberRequest) -> JsonResponse:
    """The newest few messages that `?q=` asks for: {"messages", "more"}."""
    query = SearchForm(request.GET).query()
    if not query.is_empty:
        count_search(request.user)
    found = services.search_messages(request.user, query, limit=FEW)
    return JsonResponse({"messages": [row(hit) for hit in found.hits], "more": found.next is not None})
