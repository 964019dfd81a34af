"""`python -m mychat.server`: daphne with our limits, an end that loses nobody, and the jobs beside it.

python -m mychat.server [-b ADDRESS] [-p PORT] [-u SOCKET] [--fd NUMBER]
"""

# First: it chooses Twisted's event loop, which the next import of Twisted would choose otherwise.
import daphne.server  # isort: skip

import asyncio
import gc
import importlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import django
from daphne.cli import CommandLineInterface
from twisted.internet import defer, reactor

from mychat import bodies, checks, env, fastframes, jobs, statics, worker
from mychat.doorway import Doorway
from mychat.sockets import Inbox, WebSocketProtocol

log = logging.getLogger("mychat.server")

APPLICATION = "mychat.asgi:application"
FIXED = [
    "--verbosity=0",  # no access log: the platform's router writes one
    "--no-server-name",
    "--http-timeout=28",  # a 503 of ours, before the router gives up at 30
    "--ping-interval=10",  # routers cut what is silent for 55 s; a dead peer is noticed within 20
    "--ping-timeout=10",
    "--websocket-max-message-size=262144",  # coming in; above it the socket closes, over 64 KiB we answer
    "--websocket-max-frame-size=262144",
]
DATABASE_LIMITS = "-c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000"
FINISH_SECONDS = 20.0  # what requests and sockets get to finish
FLUSH_SECONDS = 4.0  # what the hub gets after them
DEADLINE_SECONDS = 27.0  # platforms kill at 30
RESTARTING = 1012


class Server(daphne.server.Server):
    """Ends in order: tells its sockets, finishes its requests, stops its jobs, and never hangs."""

    drain: ModuleType  # chat.live.drain: imported once Django is set up

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ports: list[Any] = []
        self.jobs = jobs.Child()

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, drains, and ends the process."""
        reactor.callWhenRunning(self.jobs.watch, reactor.callLater)
        settle()
        # Daphne's run() makes its factories by these names, and offers no other way to choose them.
        vars(daphne.server).update(HTTPFactory=bodies.HTTPFactory, WebSocketFactory=fastframes.factory())
        super().run()
        leave(1 if self.abort_start else 0)

    def listen_success(self, port: Any) -> None:
        """Keeps the port: the drain closes it first."""
        super().listen_success(port)
        self.ports.append(port)
        host = port.getHost()
        log.info("listening on %s", f"{host.host}:{host.port}" if hasattr(host, "port") else host)
        worker.say_ready()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Inbox:
        """Starts the application for a request or a socket, as daphne does. A socket's may also write by the wire."""
        inbox = Inbox()
        scope["asgi"] = {"version": "3.0"}
        if scope["type"] == "websocket":
            scope["extensions"] = {"mychat.wire": protocol}
        application = self.application(scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(application)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Passes on what the application says. It waits until what came before is with the network."""
        if message["type"] in {"websocket.send", "http.response.body"} and protocol.blocked:
            await protocol.flowing()
        await super().handle_reply(protocol, message)

    def kill_all_applications(self) -> defer.Deferred[None]:
        """What Twisted waits for between the signal and the end. Daphne's own cuts everybody off, and can hang."""
        deadline = threading.Timer(DEADLINE_SECONDS, leave, [0])
        deadline.daemon = True
        deadline.start()
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        started = time.monotonic()
        self.drain.begin()
        self.jobs.end()
        for port in self.ports:
            port.stopListening()
        seconds = self.drain.spread(len(self._sockets()))
        self.drain.say_bye(seconds)
        for socket in self._sockets():
            reactor.callLater(self.drain.pause(seconds), send_away, socket)
        await asyncio.sleep(self.drain.BYE_SECONDS + seconds if self._sockets() else 0)
        await until(self._all_gone, started + FINISH_SECONDS)
        await self._cut_off()
        await self._finish()
        await until(lambda: not self.jobs.running(), started + DEADLINE_SECONDS - 2)
        self.jobs.kill()
        log.info("drained in %.1f s", time.monotonic() - started)

    def _sockets(self) -> list[WebSocketProtocol]:
        return [one for one in self.connections if isinstance(one, WebSocketProtocol) and one.state == one.STATE_OPEN]

    def _all_gone(self) -> bool:
        """Whether every request is answered and every socket's application has ended. Sends latecomers away."""
        for socket in self._sockets():
            send_away(socket)
        return all("disconnected" in details and not unfinished(details) for details in self.connections.values())

    async def _finish(self) -> None:
        """Lets the hub write what the sockets left to it. Its failure must not keep the process from ending."""
        try:
            await asyncio.wait_for(self.drain.finish(), FLUSH_SECONDS)
        except Exception:
            log.exception("the hub didn't finish")

    async def _cut_off(self) -> None:
        """Cancels what didn't finish in its time."""
        rest = [task for details in self.connections.values() if (task := unfinished(details))]
        for task in rest:
            task.cancel()
        if rest:
            log.warning("%d connections didn't finish in time", len(rest))
            await asyncio.wait(rest, timeout=1)


def settle() -> None:
    """Takes what is loaded out of the garbage collector's sight, as it stays anyway, and lets it look less often.

    Else it walks through all of Django again and again while sockets open: a fifth of what a connect costs, and pauses.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def unfinished(details: dict[str, Any]) -> asyncio.Future[None] | None:
    """The application of one of daphne's connections, if it still runs."""
    task: asyncio.Future[None] | None = details.get("application_instance")
    return task if task and not task.done() else None


def send_away(socket: WebSocketProtocol) -> None:
    """Closes with "service restart". Straight to autobahn's frame: its `sendClose` doesn't know this code."""
    socket.sendCloseFrame(code=RESTARTING, reasonUtf8=b"restarting", isReply=False)


async def until(condition: Callable[[], bool], deadline: float) -> None:
    """Waits for the condition, at most until `deadline` on the monotonic clock."""
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def leave(code: int) -> None:
    """Ends the process now. An ordinary exit waits for threads, and one may wait for the loop that has stopped."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class CommandLine(CommandLineInterface):
    """Daphne's command line with our server."""

    description = "Serves mychat over HTTP and WebSockets, and runs its jobs."
    server_class = Server

    def load_asgi_app(self, asgi_app_path: str) -> Doorway:
        """The site behind its doorway."""
        application = super().load_asgi_app(asgi_app_path)
        self.server_class.drain = importlib.import_module("chat.live.drain")
        return Doorway(application, closing=self.server_class.drain.begun)


def main(arguments: list[str]) -> None:
    """Starts the site, or says which setting is missing or dangerous and ends with 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mychat.settings")
    os.environ.setdefault("DB_OPTIONS", DATABASE_LIMITS)
    worker.end_with_parent()
    try:
        django.setup()
    except env.BadSetting as error:
        sys.exit(f"mychat can’t start: {error}")
    command_line = CommandLine()
    words = [*FIXED, *arguments, APPLICATION]
    options = command_line.parser.parse_args(words)
    inherited = options.file_descriptor
    found = checks.before_serving(options.host if inherited is None else worker.host_of(inherited))
    for message in found:
        log.log(message.level, "%s", message)
    if any(message.is_serious() for message in found):
        sys.exit("mychat can’t start: see the settings named above.")
    statics.collect_if_missing()
    command_line.run(words)


if __name__ == "__main__":
    main(sys.argv[1:])
