"""Groups as a whole: the open ones, a new one, and a group's settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import AvatarForm
from accounts.requests import MemberRequest
from accounts.views.avatars import HEADERS
from chat.errors import ChatError, NotFound
from chat.live import limits
from chat.models import Membership, Room
from chat.rooms import groups, members, roster
from chat.rooms.forms import NewGroupForm, SettingsForm
from chat.rooms.rights import Right, may

View = Callable[..., HttpResponse]
ON_A_PAGE = 24
HEIRS = 200  # people offered to hand over to; anybody else on the page of members


def place_in_group(request: MemberRequest, public_id: str) -> Membership:
    """The member's own place in a group, with room and user. 404 for everybody and everything else."""
    mine = Membership.objects.of(request.user).filter(room__public_id=public_id, room__kind=Room.Kind.GROUP)
    return get_object_or_404(mine.select_related("room", "user"))


def refusals_lead_to(name: str) -> Callable[[View], View]:
    """For what a form sends: a refusal is said on top of the group's page of that name; 404 stays 404.

    Counted like the commands of sockets: each of these may be a line in the room, told to everybody there.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, public_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method == "POST":
                    limits.actions.check(request.user.pk)
                return view(request, public_id, *args, **kwargs)
            except NotFound:
                raise Http404 from None
            except ChatError as refusal:
                messages.error(request, refusal.message)
                return redirect(name, public_id)

        return guarded

    return decorate


# --- Open rooms -------------------------------------------------------------------------------------------------------


@require_safe
@login_required
@never_cache
def open_groups(request: MemberRequest) -> HttpResponse:
    """The groups that anybody may join, by what they are called and about; their messages are for members."""
    text = request.GET.get("q", "")[:80].replace("\0", "")
    page = Paginator(roster.open_groups(request.user, text), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "chat/groups/open.html", {"nav": "rooms", "text": text, "page": page})


@require_POST
@login_required
def join(request: MemberRequest, public_id: str) -> HttpResponse:
    """Comes into an open group."""
    try:
        limits.actions.check(request.user.pk)
        members.join_group(user=request.user, room=public_id)
    except NotFound:
        raise Http404 from None
    except ChatError as refusal:
        messages.error(request, refusal.message)
        return redirect("chat:rooms")
    return redirect("chat:room", public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """Founds a group."""
    form = NewGroupForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        settings = {key: form.cleaned_data[key] for key in ("name", "topic", "is_open")}
        try:
            room = groups.create_group(owner=request.user, people=form.picked(), **settings)
        except ChatError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("chat:room", room.public_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "chat/groups/new.html", {"nav": "rooms", "form": form}, status=status)


# --- One group --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@refusals_lead_to("chat:group-settings")
def settings(request: MemberRequest, public_id: str) -> HttpResponse:
    """What a group is called, how it looks and its rules; and the way out."""
    place = place_in_group(request, public_id)
    form = _settings_form(request, place)
    if request.method == "POST" and form.is_valid():
        known = {key: value for key, value in form.cleaned_data.items() if not form.fields[key].disabled}
        groups.change_group(user=request.user, room=public_id, **known)
        messages.success(request, "Saved.")
        return redirect("chat:group-settings", public_id)
    return _settings_page(request, place, form, status=422 if request.method == "POST" else 200)


def _settings_form(request: MemberRequest, place: Membership) -> SettingsForm:
    return SettingsForm(place.room, request.POST or None, all_of_it=may(place, Right.CHANGE))


def _settings_page(
    request: MemberRequest, place: Membership, form: SettingsForm, *, status: int, picture: AvatarForm | None = None
) -> HttpResponse:
    context = {
        "nav": "chats",
        "place": place,
        "room": place.room,
        "form": form,
        "picture": picture or AvatarForm(),
        "may_change": may(place, Right.CHANGE),
        "may_topic": may(place, Right.TOPIC),
        "heirs": _heirs(place),
    }
    return render(request, "chat/groups/settings.html", context, status=status)


def _heirs(place: Membership) -> list[Membership]:
    """Whom an only owner can hand over to before they go; nobody where they may just go."""
    others = roster.members(place.room).exclude(pk=place.pk)
    alone = place.role == Membership.Role.OWNER and not others.filter(role=Membership.Role.OWNER).exists()
    return list(others[:HEIRS]) if alone else []


@require_POST
@login_required
@refusals_lead_to("chat:group-settings")
def picture(request: MemberRequest, public_id: str) -> HttpResponse:
    """Puts an uploaded picture in place."""
    place = place_in_group(request, public_id)
    may_try = ratelimit.consume(request, action="picture")
    form = AvatarForm(request.POST, request.FILES, may_try=may_try)
    if not form.is_valid():
        status = 422 if may_try else 429
        return _settings_page(request, place, SettingsForm(place.room), status=status, picture=form)
    groups.change_picture(user=request.user, room=public_id, picture=form.cleaned_data["picture"])
    return redirect("chat:group-settings", public_id)


@require_POST
@login_required
@refusals_lead_to("chat:group-settings")
def remove_picture(request: MemberRequest, public_id: str) -> HttpResponse:
    """Takes the picture away."""
    place_in_group(request, public_id)
    groups.change_picture(user=request.user, room=public_id, picture=None)
    return redirect("chat:group-settings", public_id)


@require_safe
def avatar(request: HttpRequest, public_id: str, version: str) -> HttpResponse:
    """The picture of a group, for its members, and of an open one for everybody who is signed in. 404 otherwise."""
    if not request.user.is_authenticated:
        raise Http404
    room = Room.objects.filter(public_id=public_id, kind=Room.Kind.GROUP).first()
    if room is None or not (room.is_open or Room.objects.visible_to(request.user).filter(pk=room.pk).exists()):
        raise Http404
    if room.avatar.name != f"rooms/{version}.webp":
        raise Http404
    try:
        with room.avatar.open("rb") as file:
            return HttpResponse(file.read(), content_type="image/webp", headers=HEADERS)
    except FileNotFoundError:  # the disk of a dyno forgets
        raise Http404 from None


@require_POST
@login_required
@refusals_lead_to("chat:group-settings")
def leave(request: MemberRequest, public_id: str) -> HttpResponse:
    """Goes; an only owner hands over to `person` first."""
    place = place_in_group(request, public_id)
    if person := request.POST.get("person", "").replace("\0", ""):
        members.hand_over(user=request.user, room=public_id, person=person)
    members.leave_group(user=request.user, room=public_id)
    messages.success(request, f"You left “{place.room.name}”.")
    return redirect("chat:rooms")
