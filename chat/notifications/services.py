"""Telling people something, from any Django code; and which browsers show it.

`notify` is for one person, `announce` for everybody who is connected now, `say_in_room` for a room: see
docs/notifications.md for when to use which.
"""

import logging
from uuid import uuid4

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from chat import events
from chat.errors import BadSubscription, NotFound
from chat.messages.markup import render
from chat.messages.mentions import NOBODY
from chat.messages.presenters import rows
from chat.models import Membership, Message, Notification, PushSubscription, Room
from chat.notifications import push
from chat.rooms.changes import lock_rooms
from chat.text import clean_body

log = logging.getLogger(__name__)

BROWSERS = 20  # of one person
LINE = 120
BODY = 400


def notify(*, user: User, kind: str, title: str, body: str = "", url: str = "/") -> Notification:
    """Tells one person something: at once in their open pages; if they don't see it there, by a push to their browsers.

    `kind` is a word of the caller's ("export", "invitation"), `url` a path of this site. Raises `ValueError` for
    another site's address.
    """
    if kind == Notification.MESSAGE or not url.startswith("/") or url.startswith(("//", "/\\")):
        raise ValueError("a notification needs a kind of its own and a path of this site")
    data = {"title": title[:LINE], "body": body[:BODY], "url": url}
    notice = Notification.objects.create(user=user, kind=kind, data=data)
    transaction.on_commit(lambda: events.notice_posted(user.pk, {"id": notice.pk, "kind": kind, **data}), robust=True)
    log.info("notified user=%s kind=%s", user.pk, kind)
    return notice


def announce(*, title: str, body: str = "", url: str = "") -> None:
    """Tells everybody who is connected now, once the transaction has committed. Nothing is kept: who isn't here
    doesn't hear of it. From a command or a job it needs Redis to reach the server's sockets.
    """
    data = {"kind": "announcement", "title": title[:LINE], "body": body[:BODY], "url": url}
    transaction.on_commit(lambda: events.notice_posted(None, data), robust=True)
    log.info("announced")


def mark_seen(*, user: User, notice_id: int) -> None:
    """This person has seen a notice in a page: no push any more. Raises `NotFound` for somebody else's."""
    mine = Notification.objects.filter(pk=notice_id, user=user).exclude(kind=Notification.MESSAGE)
    if not mine.exists():
        raise NotFound
    mine.filter(read_at=None).update(read_at=timezone.now())


def say_in_room(*, room: Room, body: str) -> Message:
    """Says something in a room as the site itself, for all members to read and be told of like any message.

    Raises `ChatError` for a text that nobody could send.
    """
    text = clean_body(body)
    with transaction.atomic():
        locked = lock_rooms(Q(pk=room.pk))[0]
        now = timezone.now()
        locked.last_rev += 1
        message = Message.objects.create(
            room=locked, seq=locked.last_rev, rev=locked.last_rev, sender=None, client_id=uuid4(),
            body=text, html=render(text, NOBODY), created_at=now,
        )  # fmt: skip
        locked.last_message_at = locked.changed_at = now
        locked.save(update_fields=["last_rev", "last_message_at", "changed_at"])
        row = rows(Message.objects.filter(pk=message.pk))[0]
        post = events.PostedRow(room_id=locked.pk, room=locked.public_id, row=row)
        transaction.on_commit(lambda: events.messages_posted([post]), robust=True)
    return message


# --- Browsers --------------------------------------------------------------------------------------------------------


def subscribe(*, user: User, session_key: str, endpoint: str, p256dh: str, auth: str, label: str) -> PushSubscription:
    """Shows this person's notifications in this browser, for as long as it is signed in. A second time repairs it.

    Raises `BadSubscription` for an address where we don't send or for keys that are none.
    """
    if not push.is_endpoint(endpoint) or not push.are_keys(p256dh, auth):
        raise BadSubscription
    with transaction.atomic():
        if not PushSubscription.objects.living().filter(user=user).exists():
            _begin_here(user)
        known = {
            "user": user, "session_key": session_key, "p256dh": p256dh, "auth": auth, "label": label[:80],
            "failures": 0, "retry_at": None, "died_at": None,
        }  # fmt: skip
        browser, made = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=known)
        PushSubscription.objects.filter(user=user, session_key=session_key).exclude(pk=browser.pk).delete()
        oldest = PushSubscription.objects.filter(user=user).order_by("-created_at", "-pk")[BROWSERS:]
        PushSubscription.objects.filter(pk__in=[one.pk for one in oldest]).delete()
    log.info("push subscription %s user=%s", "made" if made else "renewed", user.pk)
    return browser


def _begin_here(user: User) -> None:
    """What was said before somebody wanted to be told isn't told."""
    far = Subquery(Room.objects.filter(pk=OuterRef("room")).values("last_rev"))
    Membership.objects.filter(user=user).update(pushed_seq=far)


def unsubscribe(*, user: User, endpoint: str) -> None:
    """Shows nothing in this browser any more. Twice is as good as once."""
    PushSubscription.objects.filter(user=user, endpoint=endpoint).delete()


def remove_browser(*, user: User, browser_id: int) -> None:
    """As `unsubscribe`, for a browser of the list. Raises `NotFound` for somebody else's."""
    if not PushSubscription.objects.filter(user=user, pk=browser_id).delete()[0]:
        raise NotFound


def end_session(*, session_key: str) -> None:
    """Somebody signed out: that browser shows nothing of theirs any more."""
    PushSubscription.objects.filter(session_key=session_key).delete()
