"""The round that tells people of things: what became due, what other code left, and what has to be taken back."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from chat.models import Membership, Notification, PushSubscription
from chat.notifications import presenters
from chat.notifications.deciding import News, claim, wanted_messages, wants_any
from chat.notifications.presenters import Content
from chat.notifications.push import Outcome, Parcel, send_all

log = logging.getLogger(__name__)

ROUNDS = 5  # of one sweep, so that a busy site's other jobs get their turn
PATIENCE = 8  # failures in a row after which a browser is given up
LONGEST_WAIT = timedelta(hours=1)
NOTICE_WAITS = timedelta(seconds=20)  # for somebody to see it in a page
NOTICE_LIVES = timedelta(days=1)
KEPT = timedelta(days=30)

Telling = tuple[int, Content, str]  # user id, what, and the topic under which a newer one replaces it


def sweep() -> None:
    """One round: takes words back first, because those mustn't stay, then tells what is due."""
    now = timezone.now()
    _tell(_taken_back())
    _tell(_notices(now))
    for _ in range(ROUNDS):
        found = claim(now)
        _tell_news(found, now)
        if not found:
            break


def forget_old() -> None:
    """Deletes what was told long ago, and browsers that were given up long ago or are signed out for good."""
    long_ago = timezone.now() - KEPT
    Notification.objects.filter(created_at__lt=long_ago).delete()
    PushSubscription.objects.filter(died_at__lt=long_ago).delete()


# --- What is due -----------------------------------------------------------------------------------------------------


def _tell_news(found: list[News], now: datetime) -> None:
    for news in found:
        Notification.objects.update_or_create(
            user=news.place.user,
            room=news.place.room,
            kind=Notification.MESSAGE,
            defaults={"message": news.newest, "pushed_at": now, "created_at": now},
        )
    tellings = [_telling(news.place, presenters.of_messages(news.place, news.newest, news.count)) for news in found]
    missed = _tell(tellings)
    for news in found:
        if news.place.user_id in missed:  # none of their browsers could be reached, but one may be later
            mine = Membership.objects.filter(pk=news.place.pk, pushed_seq__gte=news.newest.seq)
            mine.update(pushed_seq=news.before)


def _telling(place: Membership, content: Content) -> Telling:
    return place.user_id, content, place.room.public_id


# --- What other code wants -------------------------------------------------------------------------------------------


def _notices(now: datetime) -> list[Telling]:
    """Notices that nobody has seen in a page. Each is told once, whichever process comes first."""
    tellings = []
    due = Notification.objects.waiting().filter(created_at__lt=now - NOTICE_WAITS)
    for notice in due.select_related("user").order_by("pk")[:500]:
        mine = Notification.objects.filter(pk=notice.pk, pushed_at=None).update(pushed_at=now)
        is_news = notice.created_at > now - NOTICE_LIVES
        if mine and is_news and notice.user.push_on and not notice.user.is_quiet_at(now):
            tellings.append((notice.user_id, presenters.of_notice(notice.pk, notice.data), f"notice{notice.pk}"))
    return tellings


# --- What has to be taken back ---------------------------------------------------------------------------------------


def _taken_back() -> list[Telling]:
    """What replaces notifications whose message was removed: the newest one still there, else that it is gone."""
    tellings = []
    stale = Notification.objects.taken_back().select_related("message")
    for notice in stale.order_by("pk")[:500]:
        if not Notification.objects.filter(pk=notice.pk).delete()[0]:
            continue  # another process has it
        mine = Membership.objects.filter(user=notice.user_id, room=notice.room_id).select_related("room", "user")
        place = mine.first()
        if place and place.read_seq < notice.message.seq:
            tellings.append(_telling(place, _replacement(place)))
    return tellings


def _replacement(place: Membership) -> Content:
    everybody = Membership.objects.filter(room=place.room_id).select_related("user")
    place.others = list(everybody.exclude(user=place.user_id)) if place.room.pair else []
    left = wanted_messages(place).filter(seq__lte=place.pushed_seq).select_related("sender").order_by("-seq")
    newest = left.first() if wants_any(place, timezone.now()) else None
    if newest is None:
        return presenters.of_removal(place)
    Notification.objects.update_or_create(
        user=place.user, room=place.room, kind=Notification.MESSAGE,
        defaults={"message": newest, "pushed_at": timezone.now()},
    )  # fmt: skip
    return presenters.of_messages(place, newest, min(left.count(), 100), replaces=True)


# --- The way out -----------------------------------------------------------------------------------------------------


def _tell(tellings: list[Telling]) -> set[int]:
    """Sends each to all of its person's browsers. Returns those people none of whose browsers could be reached now,
    though one may be later.
    """
    browsers = list(PushSubscription.objects.due().filter(user__in={user_id for user_id, *_ in tellings}))
    parcels = [
        (browser, Parcel(browser.endpoint, browser.p256dh, browser.auth, content, topic))
        for user_id, content, topic in tellings
        for browser in browsers
        if browser.user_id == user_id
    ]
    outcomes = send_all([parcel for _, parcel in parcels])
    results = [(browser, outcome) for (browser, _), outcome in zip(parcels, outcomes, strict=True)]
    for browser, outcome in dict(results).items():
        _record(browser, outcome)
    reached = {browser.user_id for browser, outcome in results if outcome is Outcome.REACHED}
    return {browser.user_id for browser, outcome in results if outcome is Outcome.FAILED} - reached


def send_to(browsers: Iterable[PushSubscription], content: Content, topic: str) -> None:
    """Sends something to these browsers, whatever was chosen: a test."""
    chosen = list(browsers)
    outcomes = send_all([Parcel(one.endpoint, one.p256dh, one.auth, content, topic) for one in chosen])
    for browser, outcome in zip(chosen, outcomes, strict=True):
        _record(browser, outcome)


def _record(browser: PushSubscription, outcome: Outcome) -> None:
    """Remembers what became of a push. The row may be gone or renewed meanwhile: then this says nothing about it."""
    now = timezone.now()
    mine = PushSubscription.objects.filter(pk=browser.pk, p256dh=browser.p256dh)
    if outcome is Outcome.REACHED:
        mine.update(reached_at=now, failures=0, retry_at=None)
        return
    failures = browser.failures + 1
    log.info("push failed subscription=%s outcome=%s failures=%s", browser.pk, outcome.value, failures)
    if outcome is Outcome.GONE or failures >= PATIENCE:
        mine.update(failures=failures, died_at=now)
    else:
        mine.update(failures=failures, retry_at=now + min(LONGEST_WAIT, timedelta(seconds=30) * 2**failures))
