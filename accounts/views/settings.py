"""/me/: one page, one small form a section."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import agents, services
from accounts.forms import AppearanceForm, AvatarForm, NotificationsForm, PrivacyForm, ProfileForm
from accounts.models import User
from accounts.requests import MemberRequest
from accounts.sessions import live_sessions

THEME_LASTS = 60 * 60 * 24 * 365

Handler = Callable[[MemberRequest], HttpResponse]


@login_required
@never_cache
@require_safe
def page(request: MemberRequest) -> HttpResponse:
    """Everything about oneself."""
    return _page(request)


def section(name: str) -> Callable[[Handler], Handler]:
    """Makes a handler of one section's form: signed in, by POST; a reload of its address leads back to the page."""

    def decorate(handler: Handler) -> Handler:
        @login_required
        @never_cache
        @wraps(handler)
        def view(request: MemberRequest) -> HttpResponse:
            return handler(request) if request.method == "POST" else HttpResponseRedirect(_address(name))

        return view

    return decorate


@section("profile")
def profile(request: MemberRequest) -> HttpResponse:
    """Saves name, username, about, status and time zone."""
    form = ProfileForm(request.user, request.POST)
    if form.is_valid():
        try:
            services.change_profile(user=request.user, **form.cleaned_data)
        except services.UsernameTaken:
            form.refuse_username()
            request.user.refresh_from_db()
        else:
            return _saved("profile", "profile")
    return _page(request, profile=form)


@section("profile")
def picture(request: MemberRequest) -> HttpResponse:
    """Puts an uploaded picture in place."""
    may_try = ratelimit.consume(request, action="picture")
    form = AvatarForm(request.POST, request.FILES, may_try=may_try)
    if not form.is_valid():
        return _page(request, status=422 if may_try else 429, picture=form)
    services.set_avatar(user=request.user, picture=form.cleaned_data["picture"])
    return _saved("picture", "profile")


@section("profile")
def remove_picture(request: MemberRequest) -> HttpResponse:
    """Takes the picture away."""
    services.remove_avatar(user=request.user)
    return _saved("picture", "profile")


@section("privacy")
def privacy(request: MemberRequest) -> HttpResponse:
    """Saves who finds and who sees this person."""
    form = PrivacyForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, privacy=form)
    services.change_privacy(user=request.user, **form.cleaned_data)
    return _saved("privacy", "privacy")


@section("notifications")
def notifications(request: MemberRequest) -> HttpResponse:
    """Saves whether, how and when this person is told of messages while they are away."""
    form = NotificationsForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, notifications=form)
    services.change_notifications(user=request.user, **form.cleaned_data)
    return _saved("notifications", "notifications")


@section("appearance")
def appearance(request: MemberRequest) -> HttpResponse:
    """Remembers light or dark in this browser, and how keys work wherever this person signs in."""
    form = AppearanceForm(request, request.POST)
    if not form.is_valid():
        return _page(request, appearance=form)
    data = form.cleaned_data
    services.change_keys(user=request.user, enter_sends=data["enter_sends"], letter_keys=data["letter_keys"])
    response = _saved("appearance", "appearance")
    if form.cleaned_data["theme"] == "system":
        response.delete_cookie("theme", samesite="Lax")
    else:
        theme = form.cleaned_data["theme"]
        response.set_cookie("theme", theme, max_age=THEME_LASTS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@section("security")
def end_session(request: MemberRequest) -> HttpResponse:
    """Signs out one other browser of this person."""
    number = request.POST.get("session", "")
    mine = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    if number.isdecimal():
        services.end_sessions(user=request.user, sessions=mine.filter(pk=number[:18]))
    return _saved("sessions", "security")


@section("security")
def end_other_sessions(request: MemberRequest) -> HttpResponse:
    """Signs out every other browser of this person."""
    mine = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    services.end_sessions(user=request.user, sessions=mine)
    return _saved("sessions", "security")


def _page(request: MemberRequest, *, status: int = 422, **bound: forms.Form) -> HttpResponse:
    """The page, with the forms in `bound` as they were sent, which is why it has this `status`; the others as is."""
    user = request.user
    context = {
        "nav": "settings",
        "saved": request.GET.get("saved", ""),
        "profile": ProfileForm(user),
        "picture": AvatarForm(),
        "notifications": NotificationsForm(user),
        "privacy": PrivacyForm(user),
        "appearance": AppearanceForm(request),
        "sessions": _sessions(request),
        "blocked": User.objects.filter(blocked_by__blocker=user).by_name(),
        "address": EmailAddress.objects.get_verified(user),
        "new_address": EmailAddress.objects.get_new(user),
        **bound,
    }
    return render(request, "accounts/settings.html", context, status=status if bound else 200)


def _sessions(request: MemberRequest) -> list[dict[str, Any]]:
    """Where this person is signed in, this browser first."""
    here = request.session.session_key
    found = [
        {
            "id": session.pk,
            "name": agents.describe(session.user_agent),
            "icon": agents.icon(session.user_agent),
            "ip": session.ip,
            "since": session.created_at,
            "is_here": session.session_key == here,
        }
        for session in live_sessions(request.user)
    ]
    return sorted(found, key=lambda session: not session["is_here"])


def _address(anchor: str, saved: str = "") -> str:
    query = f"?saved={saved}" if saved else ""
    return f"{reverse('accounts:settings')}{query}#{anchor}"


def _saved(what: str, anchor: str) -> HttpResponse:
    return HttpResponseRedirect(_address(anchor, what))
