"""The inbox and the room's page."""

import re
from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.requests import MemberRequest
from chat.live.http import answers_scripts
from chat.messages.pages import opening_page, pinned_rows
from chat.messages.presenters import PAGE
from chat.messages.private import hidden_places
from chat.models import Membership
from chat.models.messages import UNREAD_CAP
from chat.people.blocks import why_shut
from chat.people.presenters import person
from chat.people.services import count_search, directory, last_seen
from chat.rooms.presenters import Conversation, conversation, load_memberships, membership
from chat.rooms.roster import beside

INBOX = 200
SWITCH = 8  # people that the quick switcher suggests


def _listed(user: User, chosen: str) -> list[Membership]:
    """The newest of this person's places, with all that the list shows of them."""
    mine = Membership.objects.of(user).newest_first()
    if chosen == "archived":
        mine = mine.filter(archived_seq__isnull=False)
    return load_memberships(mine[:INBOX])


def _inbox(listed: list[Membership], chosen: str) -> dict[str, Any]:
    """The list beside every room: what was put away has a list of its own."""
    begun = [place for place in listed if _has_begun(place)]
    lines = [conversation(place) for place in begun if place.state == Membership.State.MEMBER]
    archived = [line for line in lines if line.membership["archived"]]
    shown = [line for line in lines if not line.membership["archived"]]
    return {
        "nav": "chats",
        "filter": chosen,
        "unread_total": sum(1 for line in lines if line.unread and not line.is_quiet),
        "archived_total": len(archived),
        "request_total": len(begun) - len(lines),
        "conversations": archived if chosen == "archived" else [line for line in shown if FILTERS[chosen](line)],
    }


def _has_begun(place: Membership) -> bool:
    """Whether there is anything to list: an opened room with another person is nothing yet."""
    return bool(place.latest or place.draft or not place.others)


FILTERS: dict[str, Callable[[Conversation], bool]] = {
    "all": lambda line: True,
    "unread": lambda line: bool(line.unread),
    "rooms": lambda line: line.is_group,
    "archived": lambda line: True,
}


def _filter(request: HttpRequest) -> str:
    chosen = request.GET.get("filter", "")
    return chosen if chosen in FILTERS else "all"


@require_GET
@login_required
@never_cache
def home(request: MemberRequest) -> HttpResponse:
    """The member's conversations, pinned ones first, then newest first; `?filter=` shows a part of them."""
    chosen = _filter(request)
    return render(request, "chat/rooms/home.html", _inbox(_listed(request.user, chosen), chosen))


@require_GET
@login_required
@never_cache
@csp_replace({"trusted-types": ["markup", "worker"]})
def room(request: MemberRequest, public_id: str, slug: str = "") -> HttpResponse:
    """A room's page with the newest rows in it, or with those around the place `?at=`. 404 for who isn't in the room.

    Any `slug` is as good as any other.
    """
    listed = _listed(request.user, "all")
    place = _place_of(request.user, public_id, listed)
    at = _place_asked_for(request)
    window = opening_page(place, min(max(PAGE, place.unread + 20), UNREAD_CAP + 20), at)
    data = {
        "me": person(request.user),
        "membership": membership(place),
        **window._asdict(),
        "at": at,
        "starred": window.starred,
        "hidden": hidden_places(place),
        "pins": pinned_rows(place),
        "upto": place.room.last_rev,
        "edit_minutes": settings.LIVE["EDIT_MINUTES"],
    }
    line = conversation(place)
    context = _inbox(listed, "all") | {"conversation": line, "data": data} | _standing(place, line.other)
    if line.is_group:
        context["group"] = {"room": place.room, **beside(place, [*window.rows, *data["pins"]])}
        data["people"] = context["group"]["people"]
    return render(request, "chat/rooms/room.html", context)


def _place_of(user: User, public_id: str, listed: list[Membership]) -> Membership:
    """This person's place in the room, from the list where it is there. Raises `Http404` for who isn't in the room."""
    found = [place for place in listed if place.room.public_id == public_id]
    found = found or load_memberships(Membership.objects.of(user).filter(room__public_id=public_id))
    if not found:
        raise Http404
    return found[0]


def _standing(place: Membership, other: User | None) -> dict[str, Any]:
    """What the page says of the other one of a direct room, and of who may write."""
    return {
        "is_mute": place.posting not in {Membership.Posting.FREE, Membership.Posting.ASKING},
        "shut": why_shut(place),
        "last_seen": last_seen(place.user, other) if other else None,
    }


def _place_asked_for(request: HttpRequest) -> int | None:
    asked = request.GET.get("at", "")
    return int(asked) if re.fullmatch("[1-9][0-9]{0,14}", asked) else None


@require_GET
@never_cache
@answers_scripts
def session(request: MemberRequest) -> JsonResponse:
    """Whether this browser is signed in: asked when sockets fail, which can't tell why themselves."""
    return JsonResponse({"user": request.user.public_id})


@require_GET
@never_cache
@answers_scripts
def switch(request: MemberRequest) -> JsonResponse:
    """People for the quick switcher: whom the directory finds for `?q=`. Rate limited like its search."""
    text = request.GET.get("q", "")[:80].replace("\0", "")
    if not text.strip():
        return JsonResponse({"people": []})
    count_search(request.user)
    return JsonResponse({"people": [person(one) for one in directory(request.user, text=text)[:SWITCH]]})
