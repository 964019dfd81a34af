"""When the next message is due, and waking up for it on time."""

import asyncio
import ctypes
import os
import random
import struct
import time
from collections.abc import Callable, Iterator

CLOCK_MONOTONIC, TFD_NONBLOCK, TFD_TIMER_ABSTIME = 1, os.O_NONBLOCK, 1
SPEC = struct.Struct("qqqq")  # an interval (none) and an instant, each as seconds and nanoseconds
BURST = 100  # overdue messages to send before reading again


def poisson(rate: float, start: float, chance: random.Random) -> Iterator[float]:
    """Instants from `start` on, `rate` of them a second on average, each independent of those before."""
    due = start
    while True:
        due += chance.expovariate(rate)
        yield due


class Alarm:
    """A timer of the kernel's. The loop's own rounds to milliseconds, which is as much as is to be measured."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._wake = wake
        asyncio.get_running_loop().add_reader(self._fd, self._ring)

    def set(self, when: float) -> None:
        """Wakes at `when` on the monotonic clock, at once if that is past."""
        nanoseconds = max(1, int(when * 1e9))
        spec = SPEC.pack(0, 0, *divmod(nanoseconds, 1_000_000_000))
        self._libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, spec, None)

    def close(self) -> None:
        """Wakes no more."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def _ring(self) -> None:
        os.read(self._fd, 8)
        self._wake()


class Pace:
    """Calls `send(due)` for every instant of `dues` until stopped: never early, and late rather than left out."""

    def __init__(self, dues: Iterator[float], send: Callable[[float], None]) -> None:
        self._dues, self._send = dues, send
        self._next = next(dues)
        self._alarm = Alarm(self._wake)
        self._alarm.set(self._next)

    def stop(self) -> None:
        """Sends no more."""
        self._alarm.close()

    def _wake(self) -> None:
        for _ in range(BURST):
            if self._next > time.monotonic():
                break
            self._send(self._next)
            self._next = next(self._dues)
        self._alarm.set(self._next)
