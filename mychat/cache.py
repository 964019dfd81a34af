"""A cache that outlives its Redis: while Redis is away each process remembers for itself, so limits still count."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

REST_SECONDS = 5.0
ENTRIES = 10_000

log = logging.getLogger(__name__)


class Rest:
    """After a failure nobody asks for a while, then one does for all: a frozen Redis costs a second every rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = self._said = 0.0

    def over(self) -> bool:
        """Whether to ask Redis. Whoever goes to see whether it is back begins the next rest for the others."""
        now = time.monotonic()
        with self._lock:
            resting = now < self._until
            if self._until and not resting:
                self._until = now + REST_SECONDS
        return not resting

    def begin(self, error: Exception) -> None:
        """Redis failed. Of several who notice at once, one says so."""
        now = time.monotonic()
        with self._lock:
            self._until = now + REST_SECONDS
            silent = now < self._said + REST_SECONDS
            self._said = self._said if silent else now
        if not silent:
            log.warning("limits count alone for %d s, Redis: %s", REST_SECONDS, type(error).__name__)

    def end(self) -> None:
        """Redis answered."""
        self._until = 0.0


class Alone(LocMemCache):
    """This process's memory."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """The new count. Begins at nothing: Redis may have gone between `add` and here."""
        self.add(key, 0, version=version)
        return super().incr(key, delta, version)


def outliving(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """`theirs`, a method of Django's Redis cache, asked of Redis, or of this process's memory while Redis is away."""

    def method(self: "Cache", *args: Any, **kwargs: Any) -> Any:
        if self.rest.over():
            try:
                answer = theirs(self, *args, **kwargs)
            except redis.RedisError as error:
                self.rest.begin(error)
            else:
                self.rest.end()
                return answer
        return getattr(self.alone, theirs.__name__)(*args, **kwargs)

    return method


class Cache(RedisCache):
    """Django's Redis cache, which never raises for want of Redis."""

    rest = Rest()  # one for all: Django makes a cache for each thread

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.alone = Alone("without-redis", {**params, "OPTIONS": {"MAX_ENTRIES": ENTRIES}})

    add = outliving(RedisCache.add)
    get = outliving(RedisCache.get)
    set = outliving(RedisCache.set)
    touch = outliving(RedisCache.touch)
    delete = outliving(RedisCache.delete)
    has_key = outliving(RedisCache.has_key)
    incr = outliving(RedisCache.incr)
    get_many = outliving(RedisCache.get_many)
    set_many = outliving(RedisCache.set_many)
    delete_many = outliving(RedisCache.delete_many)
    clear = outliving(RedisCache.clear)
