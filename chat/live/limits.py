"""How much one person may do, per process and in memory: buckets that fill again."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from django.conf import settings

from chat.errors import SlowDown


@dataclass(slots=True)
class Bucket:
    """Holds `size` tokens and refills at `rate` per second."""

    size: float
    rate: float
    level: float = field(default=-1.0)
    at: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        """Takes a token and returns 0, or takes none and returns the seconds until there is one."""
        now = time.monotonic()
        filled = self.size if self.level < 0 else self.level + (now - self.at) * self.rate
        self.level, self.at = min(self.size, filled), now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.rate


class Limit:
    """A bucket for each key, the longest unused forgotten first."""

    KEYS = 50_000

    def __init__(self, size: float, rate: float) -> None:
        self.size, self.rate = size, rate
        self._buckets: OrderedDict[object, Bucket] = OrderedDict()
        self._lock = threading.Lock()  # the event loop and the threads of pages count together

    def wait(self, key: object) -> float:
        """Counts one use by `key`: 0, or the seconds to wait if it is one too many (which isn't counted)."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or Bucket(self.size, self.rate)
            self._buckets[key] = bucket
            if len(self._buckets) > self.KEYS:
                self._buckets.popitem(last=False)
            return bucket.take()

    def check(self, key: object) -> None:
        """Counts one use by `key`. Raises `SlowDown` with the time to wait."""
        seconds = self.wait(key)
        if seconds:
            raise SlowDown(retry_after=round(seconds + 0.05, 1))


def per_minute(count: int) -> tuple[float, float]:
    """Size and rate for `count` uses a minute, which may come at once."""
    return count, count / 60


LIVE = settings.LIVE
posts = Limit(LIVE["POST_BURST"], LIVE["POSTS_PER_SECOND"])  # by user id
connects = Limit(*per_minute(LIVE["CONNECTS_PER_MINUTE"]))  # by user id
bad_frames = Limit(*per_minute(LIVE["BAD_FRAMES_PER_MINUTE"]))  # by connection
frames = Limit(6 * LIVE["FRAMES_PER_SECOND"], LIVE["FRAMES_PER_SECOND"])  # of any kind, by connection
reads = Limit(120, 20)  # hello, sync and presence.watch, by user id: each costs queries, however many tabs ask
openings = Limit(LIVE["ROOMS_PER_HOUR"], LIVE["ROOMS_PER_HOUR"] / 3600)  # new rooms, by user id
uploads = Limit(40, 1 / 10)  # files sent in, by user id
typing = Limit(1, 1 / 3)  # by (user id, room): one in three seconds
actions = Limit(LIVE["ACTION_BURST"], LIVE["ACTIONS_PER_SECOND"])  # edits, reactions, settings: by user id
