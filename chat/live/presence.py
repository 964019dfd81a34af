"""Who is here now: one sorted set of `user:connection` by the moment it expires, never a counter.

A killed process takes nobody along: its entries run out. In Redis where there is one, so that all processes see
the same; else in this process's memory. When Redis is ill nobody is known to be online, and nothing fails.
"""

import logging
import time
from collections.abc import Iterable
from functools import cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)


class MemoryPresence:
    """Presence within one process."""

    def __init__(self) -> None:
        self._expiry: dict[tuple[int, str], float] = {}

    def touch(self, entries: Iterable[tuple[int, str]], seconds: float) -> set[int]:
        """Keeps each (user id, connection) for `seconds` from now. Returns the users who were away before."""
        now = time.time()
        entries = list(entries)
        away = {user for user, _ in entries} - self.online({user for user, _ in entries})
        self._expiry.update(dict.fromkeys(entries, now + seconds))
        return away

    def expire(self, user_id: int, connection: str, seconds: float) -> None:
        """Lets one connection run out `seconds` from now: a reload is back before that, so nobody sees a flicker."""
        if (user_id, connection) in self._expiry:
            self._expiry[user_id, connection] = time.time() + seconds

    def sweep(self) -> set[int]:
        """Removes what ran out. Returns the users whose last connection this call removed."""
        now = time.time()
        gone = {entry for entry, expiry in list(self._expiry.items()) if expiry <= now}
        for entry in gone:
            self._expiry.pop(entry, None)
        return {user for user, _ in gone} - {user for user, _ in list(self._expiry)}

    def online(self, user_ids: Iterable[int]) -> set[int]:
        """Those of `user_ids` who are here."""
        now = time.time()
        here = {user for (user, _), expiry in list(self._expiry.items()) if expiry > now}
        return here & set(user_ids)

    def newest(self, limit: int) -> list[int]:
        """At most `limit` users who are here, latest sign of life first."""
        now = time.time()
        entries = sorted(
            ((expiry, user) for (user, _), expiry in list(self._expiry.items()) if expiry > now), reverse=True
        )
        return list(dict.fromkeys(user for _, user in entries))[:limit]


SWEEP = """
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone, 1, math.min(#gone, 5000))) end
return gone
"""


class RedisPresence:
    """Presence shared by all processes. A dead Redis answers "nobody" at once, for five seconds at a time."""

    REST = 5.0

    def __init__(self, url: str, prefix: str, options: dict) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True, max_connections=4, **options
        )
        self._key = f"{prefix}:presence"
        self._rest_until = 0.0

    def touch(self, entries: Iterable[tuple[int, str]], seconds: float) -> set[int]:
        """As `MemoryPresence.touch`."""
        entries = list(entries)
        users = {user for user, _ in entries}
        if not entries:
            return set()
        known = self.online(users)
        expiry = time.time() + seconds
        members = {f"{user}:{connection}": expiry for user, connection in entries}
        done = self._try(lambda: self._redis.zadd(self._key, members))
        return set() if done is None else users - known

    def expire(self, user_id: int, connection: str, seconds: float) -> None:
        """As `MemoryPresence.expire`."""
        member = {f"{user_id}:{connection}": time.time() + seconds}
        self._try(lambda: self._redis.zadd(self._key, member, xx=True))

    def sweep(self) -> set[int]:
        """As `MemoryPresence.sweep`: the script removes and tells in one step, so one process announces."""
        gone = self._try(lambda: self._redis.eval(SWEEP, 1, self._key, time.time())) or []
        users = {int(member.split(":", 1)[0]) for member in gone}
        return users - self.online(users) if users else set()

    def online(self, user_ids: Iterable[int]) -> set[int]:
        """As `MemoryPresence.online`."""
        wanted = set(user_ids)
        return wanted & set(self._users()) if wanted else set()

    def newest(self, limit: int) -> list[int]:
        """As `MemoryPresence.newest`."""
        return list(dict.fromkeys(self._users()))[:limit]

    def _users(self) -> list[int]:
        members = self._try(lambda: self._redis.zrevrangebyscore(self._key, "+inf", time.time())) or []
        return [int(member.split(":", 1)[0]) for member in members]

    def _try(self, call):  # type: ignore[no-untyped-def]
        if time.monotonic() < self._rest_until:
            return None
        try:
            return call()
        except redis.RedisError as error:
            self._rest_until = time.monotonic() + self.REST
            log.warning("presence unknown: Redis said %s", type(error).__name__)
            return None


@cache
def store() -> MemoryPresence | RedisPresence:
    """This process's view of who is here."""
    if settings.REDIS_URL:
        return RedisPresence(settings.REDIS_URL, settings.REDIS_PREFIX, settings.REDIS_OPTIONS)
    return MemoryPresence()
