"""The addresses of files: sending them in, and fetching them."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import MemberRequest
from chat.attachments.errors import BadFile
from chat.attachments.forms import AltForm, UploadForm
from chat.attachments.presenters import described
from chat.attachments.services import describe_upload, remove_upload, upload_file
from chat.attachments.serving import serve
from chat.live import limits
from chat.live.http import answers_scripts
from chat.models import Attachment, Membership, Room
from chat.rooms.presenters import load_memberships, title

ON_A_PAGE = 60
KINDS = {"pictures": Attachment.Kind.IMAGE, "files": Attachment.Kind.FILE, "voice": Attachment.Kind.VOICE}


@require_POST
@never_cache
@answers_scripts
def attachments(request: MemberRequest, public_id: str) -> JsonResponse:
    """One file for the room, as multipart. Answers as rows describe it (docs/protocol.md)."""
    limits.uploads.check(request.user.pk)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        raise BadFile
    upload = upload_file(uploader=request.user, room=public_id, file=form.cleaned_data["file"], voice=form.voice)
    return JsonResponse(described(upload), status=201)


@require_http_methods(["POST", "DELETE"])
@never_cache
@answers_scripts
def upload(request: MemberRequest, public_id: str) -> HttpResponse:
    """One's own file that isn't sent yet. POST `alt`: what it shows. DELETE: give it up."""
    if request.method == "DELETE":
        remove_upload(uploader=request.user, attachment=public_id)
        return HttpResponse(status=204)
    form = AltForm(request.POST)
    if not form.is_valid():
        raise BadFile
    return JsonResponse(described(describe_upload(uploader=request.user, attachment=public_id, **form.cleaned_data)))


@require_safe
def file(request: HttpRequest, public_id: str, name: str) -> HttpResponseBase:
    """A file, for those who may see its message now. `?thumb`: the small picture. `?save`: to be saved, not shown.

    `name` is for people who look at the address; 404 for everybody else, and for who isn't signed in.
    """
    if not request.user.is_authenticated:
        raise Http404
    found = get_object_or_404(Attachment.objects.visible_to(request.user), public_id=public_id)
    return serve(request, found, small="thumb" in request.GET, save="save" in request.GET)


@require_safe
@login_required
@never_cache
def media(request: MemberRequest, public_id: str) -> HttpResponse:
    """A room's pictures, newest first; `?kind=` files or voice. 404 for who isn't in the room."""
    places = load_memberships(Membership.objects.of(request.user).filter(room__public_id=public_id))
    if not places:
        raise Http404
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "pictures"
    theirs = Attachment.objects.sent_to(request.user).filter(room=places[0].room_id, kind=KINDS[kind])
    if places[0].room.kind == Room.Kind.GROUP:  # as in the room itself, where they are shown only when asked for
        theirs = theirs.exclude(uploader__in=request.user.blocks.values("blocked"))
    found = theirs.select_related("message", "uploader").order_by("-message__seq", "position")
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    pictures = [described(one) for one in page] if kind == "pictures" else []
    context = {"nav": "chats", "room": places[0].room, "title": title(places[0]), "kind": kind, "page": page}
    return render(request, "chat/attachments/media.html", context | {"kinds": list(KINDS), "pictures": pictures})
