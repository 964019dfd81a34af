"""Who is in a group, and the links that let others in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import MemberRequest
from chat.errors import ChatError, NotFound
from chat.live import limits
from chat.live.http import answers_scripts
from chat.live.schema import BIGGEST
from chat.models import Membership, Message
from chat.people.presenters import person as presented
from chat.rooms import invites, members, roster
from chat.rooms.forms import InviteForm, PeopleForm
from chat.rooms.group_views import place_in_group, refusals_lead_to
from chat.rooms.rights import Right, may, outranks

ON_A_PAGE = 50
NAMED = 100  # people named as having seen a message


# --- Pages ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@refusals_lead_to("chat:group-members")
def roll(request: MemberRequest, public_id: str) -> HttpResponse:
    """Everybody in the group, by `?q=`; POST adds people. To a script that asks for JSON: completions of a name."""
    place = place_in_group(request, public_id)
    if request.method != "POST" and "application/json" in request.headers.get("Accept", ""):
        return _completions(request, place)
    form = PeopleForm(request.user, request.POST or None, room=place.room)
    if request.method == "POST" and form.is_valid():
        members.add_members(user=request.user, room=public_id, people=form.picked())
        return redirect("chat:group-members", public_id)
    return _page(request, place, form, InviteForm(), status=422 if request.method == "POST" else 200)


def _completions(request: MemberRequest, place: Membership) -> JsonResponse:
    limits.reads.check(request.user.pk)
    return JsonResponse({"people": roster.completions(place, request.GET.get("q", "")[:80].replace("\0", ""))})


def _page(
    request: MemberRequest, place: Membership, form: PeopleForm, invite: InviteForm, *, status: int
) -> HttpResponse:
    text = request.GET.get("q", "")[:80].replace("\0", "")
    page = Paginator(roster.members(place.room, text), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "chats",
        "place": place,
        "room": place.room,
        "text": text,
        "page": page,
        "form": form,
        "invite_form": invite,
        "invites": _links(request, place),
        "may_invite": may(place, Right.INVITE),
        "may_roles": may(place, Right.ROLES),
        "removable": {one.pk for one in page.object_list if outranks(place, one)},
        "roles": Membership.Role,
    }
    return render(request, "chat/groups/members.html", context, status=status)


def _links(request: MemberRequest, place: Membership) -> list[tuple[object, str]]:
    """The links this member may see, with their addresses: all for who keeps order, else their own."""
    if not may(place, Right.INVITE):
        return []
    working = invites.working_invites(place.room)
    shown = working if place.moderates else working.filter(made_by=place.user)
    return [(one, request.build_absolute_uri(f"/r/join/{one.token}/")) for one in shown]


@require_POST
@login_required
@refusals_lead_to("chat:group-members")
def member(request: MemberRequest, public_id: str, person: str) -> HttpResponse:
    """Shows somebody out (`do=remove`), hands the room over to them (`do=hand-over`) or gives them a `role`."""
    place_in_group(request, public_id)
    role = request.POST.get("role", "")
    if request.POST.get("do") == "remove":
        members.remove_member(user=request.user, room=public_id, person=person)
    elif request.POST.get("do") == "hand-over":
        members.hand_over(user=request.user, room=public_id, person=person)
    elif role in Membership.Role.values:
        members.set_role(user=request.user, room=public_id, person=person, role=role)
    return redirect("chat:group-members", public_id)


# --- Links ------------------------------------------------------------------------------------------------------------


@require_POST
@login_required
@refusals_lead_to("chat:group-members")
def make_invite(request: MemberRequest, public_id: str) -> HttpResponse:
    """Makes a link."""
    place = place_in_group(request, public_id)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, place, PeopleForm(request.user, room=place.room), form, status=422)
    invites.make_invite(user=request.user, room=public_id, **form.cleaned_data)
    return redirect("chat:group-members", public_id)


@require_POST
@login_required
@refusals_lead_to("chat:group-members")
def revoke_invite(request: MemberRequest, public_id: str, number: int) -> HttpResponse:
    """Withdraws a link."""
    place_in_group(request, public_id)
    if number > BIGGEST:
        raise Http404
    invites.revoke_invite(user=request.user, room=public_id, invite_id=number)
    messages.success(request, "The link doesn’t work any more.")
    return redirect("chat:group-members", public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def invited(request: MemberRequest, token: str) -> HttpResponse:
    """Says which room a link leads to and who asks one in; POST goes in."""
    try:
        invite = invites.invite_by(token)
        if request.method == "POST":
            limits.actions.check(request.user.pk)
            room = invites.join_by_invite(user=request.user, token=token)
            return redirect("chat:room", room.public_id)
    except ChatError as refusal:
        return render(request, "chat/groups/invited.html", {"refusal": refusal.message}, status=refusal.status)
    inside = Membership.objects.of(request.user).filter(room=invite.room_id).exists()
    return render(request, "chat/groups/invited.html", {"invite": invite, "room": invite.room, "is_inside": inside})


# --- What scripts ask -------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@answers_scripts
def people(request: MemberRequest, public_id: str) -> JsonResponse:
    """Who the `?ids=` of rows are: people who are or were in this member's room, at most 100."""
    limits.reads.check(request.user.pk)
    place = _place(request, public_id)
    ids = request.GET.get("ids", "").replace("\0", "").split(",")
    return JsonResponse({"people": roster.people_of(place, ids)})


@require_GET
@never_cache
@answers_scripts
def seen(request: MemberRequest, public_id: str, seq: int) -> JsonResponse:
    """How many have seen one's own message, and who: at most 100 names."""
    limits.reads.check(request.user.pk)
    place = _place(request, public_id)
    texts = Message.objects.visible_to(place).still_said()
    message = texts.filter(sender=request.user, seq=min(seq, BIGGEST)).first()
    if message is None:
        raise NotFound("This message isn’t there, or isn’t yours.")
    readers = roster.seen_by(place, message)
    return JsonResponse({"count": readers.count(), "people": [presented(one.user) for one in readers[:NAMED]]})


def _place(request: MemberRequest, public_id: str) -> Membership:
    mine = Membership.objects.of(request.user).filter(room__public_id=public_id).select_related("room", "user")
    place = mine.first()
    if place is None:
        raise NotFound
    return place
