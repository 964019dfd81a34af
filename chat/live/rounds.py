"""What a hub does by the clock: poll when nobody can be heard, compare, sweep, look whether access still stands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.sessions import standing_access
from chat import events
from chat.live import bus, presence
from chat.live.company import SILENT_SECONDS
from chat.live.database import in_database
from chat.live.opening import blocks_of
from chat.messages.presenters import changed_rows
from chat.models import Membership, Room
from chat.people.services import record_last_seen
from chat.rooms.presenters import load_memberships, membership

if TYPE_CHECKING:
    from chat.live.hub import Hub

log = logging.getLogger(__name__)

LIVE = settings.LIVE
CHUNK = 500  # ids in one query

counts: Counter[str] = Counter()


class Rounds:
    """The timers of one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._polled = -inf  # when the last poll that succeeded began
        self._known = time.monotonic()  # up to here we have heard, or polled, everything
        self._tasks = [hub.loop.create_task(work) for work in self._work()]

    def _work(self) -> list[Any]:
        every = [
            self._every(1, self.hub.receipts.flush),
            self._every(LIVE["POLL"], self._poll),
            self._every(LIVE["RECONCILE"], self._reconcile),
            self._every(LIVE["EPOCHS"], self._check_access),
            self._every(LIVE["PRESENCE_SWEEP"], self._presence),
        ]
        shards = self.hub.road.shards
        return every + [shard.listen(self.hub.accept) for shard in shards] + [shard.keep_beating() for shard in shards]

    async def stop(self) -> None:
        """Ends the timers, and tells the other processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hub.road.part()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - the database may be away: the next round tries again
                log.warning("round %s failed: %s", getattr(work, "__name__", "?"), type(error).__name__)

    # --- Other processes --------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        """Asks what changed since we knew everything; never for a list of our rooms, which may be long."""
        now = time.monotonic()
        if not self.hub.sockets or not self.hub.road.must_poll(now, self._polled):
            self._known = now - SILENT_SECONDS
            return
        # A row's time is from before its commit and from another clock: that is what the window is for.
        back = min(now - self._known, LIVE["RECONCILE"]) + LIVE["POLL_WINDOW"]
        revs, places = await in_database(_changed_since, timezone.now() - timedelta(seconds=back))
        self._polled = self._known = now
        counts["polls"] += 1
        self._compare(revs)
        await self._pass_on(places)

    async def _reconcile(self) -> None:
        """Compares with the database what no hint and no poll told: local rooms, and members' places in rooms.

        The latter also of rooms nobody here has heard of: the word that somebody opened one may have been lost.
        """
        if not self.hub.sockets:
            return
        self._compare(await in_database(_revs_of, list(self.hub.rooms)))
        since = timezone.now() - timedelta(seconds=LIVE["RECONCILE"] + LIVE["POLL_WINDOW"])
        await self._pass_on(await in_database(_places_since, since))
        self.hub.forget_seen(older_than=2 * LIVE["RECONCILE"] + LIVE["POLL_WINDOW"])

    def _compare(self, revs: list[tuple[int, int]]) -> None:
        for room_id, rev in revs:
            room = self.hub.rooms.get(room_id)
            if room and rev > room.rev and not room.filling:
                self.hub.run(self.hub.fill(room))

    async def _pass_on(self, places: list[tuple[int, int, int, int]]) -> None:
        hub = self.hub
        news = [
            pk
            for pk, version, user_id, room_id in places
            if version > hub.seen_version(pk) and (user_id in hub.by_user or room_id in hub.rooms)
        ]
        if news:
            hub.accept(await in_database(_items, news))

    # --- People -----------------------------------------------------------------------------------------------------

    async def _check_access(self) -> None:
        """Closes sockets whose access ended without a word reaching us."""
        sockets = list(self.hub.sockets.values())
        if not sockets:
            return
        asked = {(socket.user_id, socket.epoch, socket.session_key) for socket in sockets}
        standing = await in_database(standing_access, asked)
        for socket in sockets:
            if (socket.user_id, socket.epoch, socket.session_key) not in standing:
                socket.close(4401)
        blocks = await in_database(blocks_of, {socket.user_id for socket in sockets})
        for socket in sockets:  # the word of a block may have been lost
            socket.blocks = blocks[socket.user_id]

    async def _presence(self) -> None:
        """Keeps those who gave a sign of life, and announces whose last connection ran out."""
        fresh = time.monotonic() - LIVE["PRESENCE_LIFE"]
        alive = [(socket.user_id, socket.id) for socket in self.hub.sockets.values() if socket.heard_at > fresh]
        await in_database(presence.store().touch, alive, LIVE["PRESENCE_LIFE"])
        gone = await in_database(presence.store().sweep)
        if gone:
            await in_database(leave, gone)


def leave(user_ids: set[int]) -> None:
    """The last connections of these people are gone: writes down when, and tells the screens that show them."""
    record_last_seen(user_ids)
    announce_presence(user_ids, online=False)


def announce_presence(user_ids: set[int], *, online: bool) -> None:
    """Tells the screens that show these people that they came or went."""
    for pk, public_id in User.objects.filter(pk__in=user_ids).values_list("pk", "public_id"):
        events.presence_changed(user_id=pk, user=public_id, online=online)


def missing_items(room_id: int, since: int, limit: int) -> tuple[int, dict[int, bus.Item] | None]:
    """The room's last number, and what was posted after `since` by number; None when it is more than `limit`."""
    room, upto, rows = changed_rows(room_id, since, limit)
    if rows is None:
        return upto, None
    items = events.row_items(events.PostedRow(room_id=room_id, room=room, row=row) for row in rows)
    return upto, {item["rev"]: item for item in items}


def _changed_since(moment: datetime) -> tuple[list[tuple[int, int]], list[tuple[int, int, int, int]]]:
    revs = list(Room.objects.filter(changed_at__gte=moment).values_list("pk", "last_rev"))
    return revs, _places_since(moment)


def _places_since(moment: datetime) -> list[tuple[int, int, int, int]]:
    changed = Membership.objects.filter(changed_at__gte=moment)
    return list(changed.values_list("pk", "version", "user_id", "room_id"))


def _revs_of(room_ids: list[int]) -> list[tuple[int, int]]:
    chunks = [room_ids[start : start + CHUNK] for start in range(0, len(room_ids), CHUNK)]
    return [pair for chunk in chunks for pair in Room.objects.filter(pk__in=chunk).values_list("pk", "last_rev")]


def _items(membership_ids: list[int]) -> list[bus.Item]:
    """What these members and the others in their rooms would have heard."""
    items = []
    for place in load_memberships(Membership.objects.filter(pk__in=membership_ids).select_related("user")):
        items.append(events.membership_item(place, membership(place)))
        # Who gives none hears none; and of who shows none, not even that something changed.
        if place.shows_progress and any(other.user.gives_receipts for other in place.others):
            items.append(events.receipts_item(place))
    return items
