"""`bin/serve`: several server processes behind one port, on as many cores, and one process for the jobs beside them.

bin/serve [--workers N] [-b ADDRESS] [-p PORT]

SIGTERM and SIGINT drain all workers at once. SIGHUP replaces one after the other, each once its successor serves, which
is how new code comes in without a moment of nobody. A worker that falls over is started again.

Each worker has a listener of its own on the shared port (SO_REUSEPORT): Linux spreads connections over them evenly,
while of one shared listener a busy worker takes what it can grab. The parent holds the listeners, so that connections
that arrive while a worker is replaced wait instead of being refused.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator
from typing import Any

from mychat import env, jobs, logs, worker

log = logging.getLogger("mychat.workers")

MOST = 64
BACKLOG = 1024
READY_SECONDS = 60.0
STEADY_SECONDS = 60.0  # who served for so long may start again at once
LONGEST_PAUSE = 60.0
DEADLINE_SECONDS = 28.5  # a worker's own is 27; platforms kill at 30


class Port:
    """The address that all workers share."""

    def __init__(self, host: str, port: int) -> None:
        with _listening(host, port):  # a second server that shares the port by mistake would take half of our people
            pass
        self.balanced = sys.platform == "linux"  # elsewhere the newest listener would get everything
        self.host = host
        self._first = _listener(host, port, shared=self.balanced)
        self.number = self._first.getsockname()[1]
        self._given = False

    def listener(self) -> socket.socket:
        """A listener for one worker."""
        if self.balanced and self._given:
            return _listener(self.host, self.number, shared=True)
        self._given = True
        return self._first


def _listener(host: str, port: int, *, shared: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[None]:
    listener = _listener(host, port, shared=False)
    try:
        yield
    finally:
        listener.close()


class Child:
    """One server process. Its line to us says when it serves, and is closed when either side has ended."""

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        self.process = process
        self.started = time.monotonic()
        self._line = line

    @classmethod
    async def start(cls, listener: socket.socket) -> "Child":
        """Starts the process on the listener."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        number = listener.fileno()
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "mychat.server", "--fd", str(number)],
            stdin=theirs.fileno(),
            pass_fds=[number],
            env={**os.environ, "WORKER": "separate", worker.PARENT: str(os.getpid())},
            start_new_session=True,  # Ctrl-C reaches us alone, and we tell the workers
        )
        theirs.close()
        return cls(process, ours)

    async def ready(self) -> bool:
        """Waits until the process serves. False if it ended before that, or takes too long."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                return bool(await asyncio.get_running_loop().sock_recv(self._line, 1))
        except (TimeoutError, OSError):
            return False

    async def ended(self) -> int:
        """Waits for the process. Returns its exit code."""
        code = await self.process.wait()
        self._line.close()
        return code

    def signal(self, number: int) -> None:
        """Sends a signal, if the process is still there."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Place:
    """One worker's place at the port, and whoever serves there now."""

    def __init__(self, number: int, port: Port) -> None:
        self.number = number
        self._port = port
        self._listener = port.listener()
        self._current: Child | None = None
        self._children: set[Child] = set()  # also who isn't ready yet, and who drains
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # one change at a time
        self._pause = 0.0
        self._ending = False

    async def replace(self) -> bool:
        """Puts a new process in this place and drains the one before it. False if the new one never served."""
        async with self._turn:
            return await self._replace()

    async def _replace(self) -> bool:
        try:
            if self._listener.fileno() < 0:
                self._listener = self._port.listener()
            child = await Child.start(self._listener)
        except OSError as error:
            log.error("worker %d didn't start: %s", self.number, error)
            return False
        self._children.add(child)
        self._run(self._look_after(child))
        if self._ending or not await child.ready():
            await self._drain({child})
            return False
        before, self._current = self._current, child
        if before in self._children:
            await self._drain({before})
        return True

    async def end(self) -> None:
        """Drains whoever is here, and waits."""
        self._ending = True
        await self._drain(set(self._children))

    async def _drain(self, children: set[Child]) -> None:
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while children & self._children and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for child in children & self._children:
            child.signal(signal.SIGKILL)

    async def _look_after(self, child: Child) -> None:
        """Waits for the process, and starts another if this one served here and nobody asked it to end."""
        code = await child.ended()
        self._children.discard(child)
        async with self._turn:
            if child is self._current and not self._ending:
                log.warning("worker %d ended with code %s", self.number, code)
                await self._start_again(time.monotonic() - child.started)

    async def _start_again(self, lasted: float) -> None:
        self._pause = 0.0 if lasted > STEADY_SECONDS else self._longer_pause()
        await self._rest()
        while not self._ending and not await self._replace():
            self._pause = self._longer_pause()
            await self._rest()

    def _longer_pause(self) -> float:
        return min(LONGEST_PAUSE, 2 * self._pause or 1.0)

    async def _rest(self) -> None:
        """Leaves the port for the pause: Linux would go on giving this place its part of the connections."""
        if self._pause and self._port.balanced:
            self._listener.close()
        await asyncio.sleep(self._pause)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Parent:
    """Keeps as many workers as wanted, until it is told to end."""

    def __init__(self, port: Port, workers: int) -> None:
        self.places = [Place(number, port) for number in range(1, workers + 1)]
        self.jobs = jobs.Child()
        self._stop = asyncio.Event()
        self._rolling: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Serves until SIGTERM or SIGINT. Returns the exit code: 1 if a worker can't even start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._roll)
        starting = asyncio.create_task(self._start())
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        failed = starting.done() and not starting.result() and not stopped.done()
        if not failed:
            await stopped
        await self._end()
        return int(failed)

    async def _start(self) -> bool:
        """The first worker alone: it collects what is collected once, and says what is wrong once."""
        first, *others = self.places
        ready = await first.replace() and all(await asyncio.gather(*(place.replace() for place in others)))
        if ready and not self._stop.is_set():
            self.jobs.watch(asyncio.get_running_loop().call_later)
        return ready

    async def _end(self) -> None:
        self.jobs.end()
        await asyncio.gather(*(place.end() for place in self.places), self._await_jobs())
        self.jobs.kill()

    async def _await_jobs(self) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.jobs.running() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    def _roll(self) -> None:
        if self._rolling is None or self._rolling.done():
            self._rolling = asyncio.create_task(self._replace_all())

    async def _replace_all(self) -> None:
        """One after the other, so that all the other places serve meanwhile. Stops at the first that can't start."""
        for place in self.places:
            if not await place.replace():
                log.error("a new worker %d didn't start: the others stay as they are", place.number)
                return
        log.info("all workers are new")


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line, with its defaults from the environment. Ends the process on a mistake."""
    parser = argparse.ArgumentParser(prog="bin/serve", description="Serves mychat with several processes.")
    workers, port = env.number("WEB_CONCURRENCY", 1), env.number("PORT", 8000)
    parser.add_argument("--workers", type=int, default=workers, help="default: $WEB_CONCURRENCY, or 1")
    parser.add_argument("-b", "--bind", default="127.0.0.1", help="an IPv4 address, default: %(default)s")
    parser.add_argument("-p", "--port", type=int, default=port, help="default: $PORT, or 8000")
    found = parser.parse_args(arguments)
    if not 1 <= found.workers <= MOST:
        parser.error(f"--workers (or WEB_CONCURRENCY) must be from 1 to {MOST}, not {found.workers}")
    return found


def main(arguments: list[str]) -> int:
    """Runs the workers. Returns the exit code."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logs.Line())
    logging.basicConfig(level=env.text("LOG_LEVEL", "INFO"), handlers=[handler])
    try:
        wanted = options(arguments)
        port = Port(wanted.bind, wanted.port)
    except (env.BadSetting, OSError) as error:
        sys.exit(f"mychat can’t start: {error}")
    log.info("%d workers share %s:%d", wanted.workers, port.host, port.number)
    if wanted.workers > 1 and not env.words("REDIS_URL"):
        log.warning("REDIS_URL isn’t set: messages reach other workers within a second, typing and presence don’t.")
    return asyncio.run(Parent(port, wanted.workers).run())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
