"""The inbox and the room's page."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.requests import MemberRequest
from chat.live.http import answers_scripts
from chat.messages.presenters import PAGE, newest_page
from chat.models import Membership
from chat.models.messages import UNREAD_CAP
from chat.people.presenters import person
from chat.rooms.presenters import conversation, load_memberships, membership

INBOX = 200


def _inbox(user: User, chosen: str) -> dict[str, Any]:
    places = load_memberships(Membership.objects.of(user).newest_first()[:INBOX])
    lines = [conversation(place) for place in places if place.latest or not place.others]
    return {
        "nav": "chats",
        "filter": chosen,
        "unread_total": sum(1 for line in lines if line.unread),
        "conversations": [line for line in lines if line.unread or chosen != "unread"],
    }


def _filter(request: HttpRequest) -> str:
    return "unread" if request.GET.get("filter") == "unread" else "all"


@require_GET
@login_required
@never_cache
def home(request: MemberRequest) -> HttpResponse:
    """The member's conversations, newest first; `?filter=unread` only those with something new."""
    return render(request, "chat/rooms/home.html", _inbox(request.user, _filter(request)))


@require_GET
@login_required
@never_cache
def room(request: MemberRequest, public_id: str) -> HttpResponse:
    """A room's page, with the newest rows in it. 404 for who isn't in the room."""
    mine = Membership.objects.of(request.user).filter(room__public_id=public_id)
    places = load_memberships(mine)
    if not places:
        raise Http404
    place = places[0]
    rows = newest_page(place, min(max(PAGE, place.unread + 20), UNREAD_CAP + 20))
    data = {
        "me": person(request.user),
        "membership": membership(place),
        "rows": rows,
        "upto": place.room.last_rev,
        "more": bool(rows) and rows[0]["seq"] > max(1, place.visible_from_seq),
    }
    context = _inbox(request.user, "all") | {"conversation": conversation(place), "data": data}
    return render(request, "chat/rooms/room.html", context)


@require_GET
@never_cache
@answers_scripts
def session(request: MemberRequest) -> JsonResponse:
    """Whether this browser is signed in: asked when sockets fail, which can't tell why themselves."""
    return JsonResponse({"user": request.user.public_id})
