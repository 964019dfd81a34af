"""Who is here now: sorted by the moment they expire, never a counter.

A killed process takes nobody along: its entries run out. In Redis where there is one, so that all processes see
the same; else in this process's memory. When Redis is ill nobody is known to be online, and nothing fails.
"""

import logging
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)


class MemoryPresence:
    """Presence within one process, whose own clock never jumps."""

    def __init__(self) -> None:
        self._expiry: dict[tuple[int, str], float] = {}

    def touch(self, entries: Iterable[tuple[int, str]], seconds: float) -> set[int]:
        """Keeps each (user id, connection) for `seconds` from now. Returns the users who were away before."""
        now = time.monotonic()
        entries = list(entries)
        away = {user for user, _ in entries} - self.online({user for user, _ in entries})
        self._expiry.update(dict.fromkeys(entries, now + seconds))
        return away

    def expire(self, user_id: int, connection: str, seconds: float) -> None:
        """Lets one connection run out `seconds` from now: a reload is back before that, so nobody sees a flicker."""
        if (user_id, connection) in self._expiry:
            self._expiry[user_id, connection] = time.monotonic() + seconds

    def sweep(self) -> set[int]:
        """Removes what ran out. Returns the users whose last connection this call removed."""
        now = time.monotonic()
        gone = {entry for entry, expiry in list(self._expiry.items()) if expiry <= now}
        for entry in gone:
            self._expiry.pop(entry, None)
        return {user for user, _ in gone} - {user for user, _ in list(self._expiry)}

    def online(self, user_ids: Iterable[int]) -> set[int]:
        """Those of `user_ids` who are here."""
        now = time.monotonic()
        here = {user for (user, _), expiry in list(self._expiry.items()) if expiry > now}
        return here & set(user_ids)

    def newest(self, limit: int) -> list[int]:
        """At most `limit` users who are here, latest sign of life first."""
        now = time.monotonic()
        entries = sorted(
            ((expiry, user) for (user, _), expiry in list(self._expiry.items()) if expiry > now), reverse=True
        )
        return list(dict.fromkeys(user for _, user in entries))[:limit]


# A person is here as long as their longest connection. ARGV: person, connection, its new expiry.
EXPIRE = """
if redis.call('ZADD', KEYS[2], 'XX', 'CH', ARGV[3], ARGV[2]) == 1 then
  local longest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  redis.call('ZADD', KEYS[1], 'XX', longest[2], ARGV[1])
end
"""
# Removes and tells in one step, so that one process announces.
SWEEP = """
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1000)
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
return gone
"""


class RedisPresence:
    """Presence shared by all processes: one sorted set of people by expiry, and one of connections for each of them.

    Asking for some people costs by their number, not by how many are here. A dead Redis answers "nobody" at once,
    for five seconds at a time.
    """

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
        here = self.online(users)
        done = entries and self._try(lambda: self._touch(entries, time.time() + seconds, int(seconds)))
        return users - here if done else set()

    def _touch(self, entries: list[tuple[int, str]], expiry: float, seconds: int) -> bool:
        with self._redis.pipeline(transaction=False) as pipe:
            for user, connection in entries:
                pipe.zadd(self._own(user), {connection: expiry})
                pipe.expire(self._own(user), 2 * seconds)
            pipe.zadd(self._key, {str(user): expiry for user, _ in entries}, gt=True)
            pipe.execute()
        return True

    def expire(self, user_id: int, connection: str, seconds: float) -> None:
        """As `MemoryPresence.expire`."""
        keys = [self._key, self._own(user_id)]
        self._try(lambda: self._redis.eval(EXPIRE, 2, *keys, user_id, connection, time.time() + seconds))

    def sweep(self) -> set[int]:
        """As `MemoryPresence.sweep`."""
        return {int(user) for user in self._try(lambda: self._redis.eval(SWEEP, 1, self._key, time.time())) or []}

    def online(self, user_ids: Iterable[int]) -> set[int]:
        """As `MemoryPresence.online`."""
        users = list(user_ids)
        scores = self._try(lambda: self._redis.zmscore(self._key, [str(user) for user in users])) if users else None
        now = time.time()
        return {user for user, score in zip(users, scores or [], strict=False) if score and score > now}

    def newest(self, limit: int) -> list[int]:
        """As `MemoryPresence.newest`."""
        now = time.time()
        found = self._try(lambda: self._redis.zrevrangebyscore(self._key, "+inf", now, start=0, num=limit))
        return [int(user) for user in found or []]

    def _own(self, user_id: int) -> str:
        return f"{self._key}:{user_id}"

    def _try(self, call: Callable[[], Any]) -> Any:
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
