"""Telling people from any code, and keeping the list of their browsers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from accounts.services import announce_access_change
from chat import events
from chat.errors import ChatError, NotFound
from chat.models import Membership, Message, Notification, PushSubscription
from chat.notifications.services import announce, mark_seen, notify, say_in_room, subscribe
from chat.notifications.sweep import sweep
from chat.rooms.presenters import load_memberships, membership
from chat.rooms.services import open_direct_room
from tests.base import session_key, signed_in
from tests.notifications.conftest import Browser, PushService
from tests.notifications.test_push import AUTH, P256DH
from tests.notifications.test_sweep import Subscribed, age

ENDPOINT = "https://push.example.com/one"
BODY = {"endpoint": ENDPOINT, "expirationTime": None, "keys": {"p256dh": P256DH, "auth": AUTH}}

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What goes out to the sockets."""
    items: list[dict[str, Any]] = []
    monkeypatch.setattr(events.bus, "publish", items.extend)
    return items


# --- notify, announce, say_in_room -----------------------------------------------------------------------------------


def test_a_notice_goes_to_open_pages_at_once(
    alice: User, published: list, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notice = notify(user=alice, kind="export", title="Ready", body="12 rooms", url="/me/")
    wanted = {
        "type": "notice.posted",
        "id": notice.pk,
        "kind": "export",
        "title": "Ready",
        "body": "12 rooms",
        "url": "/me/",
    }
    assert published == [{"kind": "notice", "user_id": alice.pk, "frame": wanted}]


def test_a_notice_that_nobody_saw_is_pushed_once(subscribed: Subscribed, alice: User) -> None:
    hers = subscribed(alice)
    notice = notify(user=alice, kind="export", title="Ready", url="/me/")
    sweep()
    assert hers.told == []  # an open page may still show it
    backdate()
    sweep()
    sweep()
    assert hers.told == [{"title": "Ready", "body": "", "url": "/me/", "tag": f"notice{notice.pk}"}]


def test_a_notice_that_was_seen_is_not_pushed(subscribed: Subscribed, alice: User, eve: User) -> None:
    hers = subscribed(alice)
    notice = notify(user=alice, kind="export", title="Ready")
    with pytest.raises(NotFound):
        mark_seen(user=eve, notice_id=notice.pk)
    assert signed_in(alice).post(f"/api/notices/{notice.pk}/seen").status_code == 200
    backdate()
    sweep()
    assert hers.told == []


def backdate() -> None:
    Notification.objects.update(created_at=timezone.now() - timedelta(seconds=30))


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_a_notice_never_leads_elsewhere(alice: User, url: str) -> None:
    with pytest.raises(ValueError, match="path of this site"):
        notify(user=alice, kind="export", title="Ready", url=url)


def test_an_announcement_goes_to_everybody_who_is_connected(
    published: list, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        announce(title="Maintenance at noon")
    assert [(item["kind"], item["user_id"]) for item in published] == [("notice", 0)]
    assert not Notification.objects.exists()


def test_what_the_site_says_in_a_room_is_a_message_like_others(
    subscribed: Subscribed, alice: User, bob: User, published: list,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    room, his = open_direct_room(opener=alice, other=bob), subscribed(bob)
    with django_capture_on_commit_callbacks(execute=True):
        message = say_in_room(room=room, body="Water is **off** today")
    assert (message.sender, message.seq, "<strong>off</strong>" in message.html) == (None, 1, True)
    assert [item["sender"] for item in published if item["kind"] == "row"] == [None]
    for person in (alice, bob):
        shown = membership(load_memberships(Membership.objects.of(person))[0])
        assert (shown["unread"], shown["last"]["sender"]) == (1, None)
    age()
    sweep()
    assert his.told[0]["body"] == "Water is off today"
    with pytest.raises(ChatError):
        say_in_room(room=room, body="   ")
    assert Message.objects.count() == 1


# --- Browsers --------------------------------------------------------------------------------------------------------


def test_a_browser_subscribes_and_is_known_by_its_session(client: Client, alice: User) -> None:
    client.force_login(alice)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    for _ in range(2):  # said again, it is the same browser
        answer = client.post(
            "/api/push/subscribe", BODY, content_type="application/json", headers={"User-Agent": agent}
        )
        assert answer.status_code == 201
    browser = PushSubscription.objects.get()
    assert (browser.user, browser.label) == (alice, "Firefox on Linux")
    assert browser.session_key == client.session.session_key
    assert "Firefox on Linux" in client.get("/me/").content.decode()
    client.post("/api/push/unsubscribe", {"endpoint": ENDPOINT}, content_type="application/json")
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "endpoint": "https://169.254.169.254/latest"},
        {**BODY, "endpoint": "http://push.example.com/one"},
        {**BODY, "endpoint": 7},
        {**BODY, "keys": None},
        {**BODY, "keys": {"p256dh": "x", "auth": AUTH}},
        {},
    ],
)
def test_what_is_no_subscription_is_refused(client: Client, alice: User, body: dict) -> None:
    client.force_login(alice)
    assert client.post("/api/push/subscribe", body, content_type="application/json").status_code == 422
    assert not PushSubscription.objects.exists()
    nothing = client.post("/api/push/unsubscribe", {"endpoint": "\0"}, content_type="application/json")
    assert nothing.status_code == 422


def test_signing_out_ends_what_this_browser_is_told(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    here, elsewhere = session_key(alice), session_key(alice)
    keys = {"p256dh": P256DH, "auth": AUTH, "label": "A browser"}
    subscribe(user=alice, session_key=here, endpoint=ENDPOINT, **keys)
    subscribe(user=alice, session_key=elsewhere, endpoint=f"{ENDPOINT}2", **keys)
    with django_capture_on_commit_callbacks(execute=True):
        announce_access_change(user=alice, reason="signed_out", session_key=here)
    assert [one.session_key for one in PushSubscription.objects.all()] == [elsewhere]


def test_a_browser_changes_hands(alice: User, bob: User) -> None:
    keys = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH, "label": "A browser"}
    subscribe(user=alice, session_key=session_key(alice), **keys)
    subscribe(user=bob, session_key=session_key(bob), **keys)
    assert PushSubscription.objects.get().user == bob


def test_only_ones_own_browser_can_be_removed(alice: User, eve: User) -> None:
    browser = subscribe(
        user=alice, session_key=session_key(alice), endpoint=ENDPOINT, p256dh=P256DH, auth=AUTH, label="A browser"
    )
    assert signed_in(eve).post(f"/me/browsers/{browser.pk}/remove/").status_code == 404
    assert signed_in(alice).post(f"/me/browsers/{browser.pk}/remove/").status_code == 302
    assert not PushSubscription.objects.exists()


def test_a_test_comes_to_this_browser_and_not_too_often(
    service: PushService, client: Client, alice: User, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    hers: Browser = service.browser(alice)
    client.force_login(alice)
    PushSubscription.objects.update(session_key=client.session.session_key)
    assert client.post("/api/push/test").status_code == 200
    assert [one["tag"] for one in hers.told] == ["test"]
    assert client.post("/api/push/test").status_code == 429
    cache.clear()
    PushSubscription.objects.all().delete()
    assert client.post("/api/push/test").status_code == 422
