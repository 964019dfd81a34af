"""An event loop without a clock and without threads.

Time stands still until a test lets it pass, and what would run in a database thread waits until a test gives it its
turn: first to run, later to hand over what it found. So every order in which things can happen can be played, and
played again.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

PROCESS: contextvars.ContextVar[Any] = contextvars.ContextVar("process")  # the server process whose code runs


class Work:
    """A call on its way through a database thread."""

    def __init__(self, call: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        self.process = PROCESS.get()
        self.future = future
        self.ran = False
        self._call = call
        self._context = contextvars.copy_context()
        self._result: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Does it: what it writes is committed from here."""
        self.ran = True
        try:
            self._result = self._context.run(self._call)
        except Exception as error:  # noqa: BLE001 - whoever awaits it decides
            self._error = error

    def deliver(self) -> None:
        """Hands over what it found."""
        if self.future.done():
            return
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)


class StillLoop(asyncio.SelectorEventLoop):
    """Runs what can run now, and stops there."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[Work] = []
        self._now = 1000.0
        self._calls = 0
        self.set_task_factory(_counted)

    def time(self) -> float:
        """The loop's own seconds."""
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:
        """As always, and counted: where nothing new was called, nothing is left to run."""
        self._calls += 1
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:
        """There are no other threads."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Queues the call for its turn; for a process that is gone it never comes."""
        future = self.create_future()
        if PROCESS.get().alive:
            self.work.append(Work(lambda: func(*args), future))
        else:
            future.cancel()
        return future

    def spin(self) -> None:
        """Runs everything that can run now."""
        before = -1
        while self._calls > before + 1:
            before = self._calls
            self.call_soon(self.stop)
            self.run_forever()

    def pass_time(self, seconds: float) -> None:
        """Lets time pass, and whatever was waiting for it happen."""
        self._now += seconds
        self.spin()

    def take_turn(self, work: Work) -> None:
        """One step of one call: it runs, or hands over."""
        if work.ran:
            self.work.remove(work)
            work.deliver()
        else:
            work.run()
        self.spin()


def _counted(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """Makes a task and lets its process know, so that it can take it along when it is killed."""
    task = asyncio.Task(coroutine, loop=loop, **options)
    PROCESS.get().tasks.add(task)
    return task
