"""How long a message takes to everybody in a large group, and what coming into it costs.

    DATABASE_URL=postgres://... [REDIS_URL=redis://...] python bench/group.py [members] [sockets] [messages]

Makes its own database beside the named one (its name with "test_" in front) and a group of 500 in it, starts one
server, connects 200 of the members, lets one of them post, and times each post from its sending until the last of the
others has it: all of them are read in this one process, so the number has its cost in it. Then somebody joins. Prints
milliseconds, and removes the database.
"""

import asyncio
import contextlib
import json
import logging
import os
import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django  # noqa: E402

django.setup()
logging.disable(logging.INFO)

from django.conf import settings  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from websockets.asyncio.client import ClientConnection, connect  # noqa: E402
from websockets.typing import Origin  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.seed import make_sessions  # noqa: E402
from chat.models import Membership, Room  # noqa: E402
from chat.rooms.groups import create_group  # noqa: E402
from chat.rooms.members import join_group  # noqa: E402
from tests.servers import database_url, free_port  # noqa: E402

LIMITS = ["LIVE_CONNECTS_PER_MINUTE", "LIVE_FRAMES_PER_SECOND", "LIVE_POSTS_PER_SECOND", "LIVE_POST_BURST"]
TRIES = 100  # for a server that is only starting
WARM_UP = 5  # posts that aren't counted


def fill(members: int) -> tuple[Room, list[str]]:
    """A group of so many, and a session for each of them; the owner's comes first."""
    people = User.objects.bulk_create(User(username=f"bench{number}") for number in range(members))
    room = create_group(owner=people[0], name="Bench", is_open=True)
    Membership.objects.bulk_create(Membership(room=room, user=person, version=1) for person in people[1:])
    Room.objects.filter(pk=room.pk).update(member_count=members)
    return room, make_sessions(people)


def start_server(port: int) -> subprocess.Popen[bytes]:
    """One server on the filled database."""
    told = {
        "DJANGO_SETTINGS_MODULE": "mychat.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database_url(),
        "WORKER": "separate",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "mychat.server", "-b", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | dict.fromkeys(LIMITS, "1000000") | told)


async def enter(port: int, session: str) -> ClientConnection:
    """A member's socket that has said hello. Waits for the server to be there."""
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    here = f"127.0.0.1:{port}"
    for _ in range(TRIES):
        with contextlib.suppress(OSError):
            socket = await connect(f"ws://{here}/ws/", origin=Origin(f"http://{here}"), additional_headers=cookie)
            break
        await asyncio.sleep(0.2)
    else:
        sys.exit("The server didn't start.")
    await socket.send(json.dumps({"type": "hello", "v": 1}))
    while json.loads(await socket.recv())["type"] != "ready":
        pass
    return socket


async def hears(socket: ClientConnection, client_id: str) -> float:
    """When this socket has the message, on the clock of `time.perf_counter`."""
    while client_id not in str(await socket.recv()):
        pass
    return time.perf_counter()


async def posts(port: int, room: str, sessions: list[str], messages: int) -> list[float]:
    """Milliseconds from sending a post until the last socket has it, for each of the messages."""
    sockets = [await enter(port, session) for session in sessions]
    taken = []
    for number in range(WARM_UP + messages):
        client_id = str(uuid.uuid4())
        heard = [asyncio.ensure_future(hears(socket, client_id)) for socket in sockets]
        await asyncio.sleep(0.05)
        begun = time.perf_counter()
        post = {"type": "message.post", "client_id": client_id, "room": room, "body": f"message {number} to all of you"}
        await sockets[0].send(json.dumps(post))
        taken.append((max(await asyncio.gather(*heard)) - begun) * 1000)
    for socket in sockets:
        await socket.close()
    return taken[WARM_UP:]


def joins(room: Room, times: int = 20) -> tuple[float, int]:
    """The median milliseconds of coming into the room, and its queries."""
    taken, queries = [], 0
    for number in range(times):
        newcomer = User.objects.create(username=f"newcomer{number}")
        reset_queries()
        begun = time.perf_counter()
        join_group(user=newcomer, room=room.public_id)
        taken.append((time.perf_counter() - begun) * 1000)
        queries = len(connection.queries)
    return statistics.median(taken), queries


def main(members: int = 500, sockets: int = 200, messages: int = 100) -> None:
    """Fills, measures, prints, and removes the database."""
    original = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        room, sessions = fill(members)
        port = free_port()
        server = start_server(port)
        try:
            taken = sorted(asyncio.run(posts(port, room.public_id, sessions[:sockets], messages)))
        finally:
            server.terminate()
            server.wait(30)
        print(f"{members} members, {sockets} sockets, {messages} messages, to the last socket:")
        print(f"  median {statistics.median(taken):.1f} ms, p95 {taken[int(len(taken) * 0.95)]:.1f} ms")
        with override_settings(DEBUG=True):
            milliseconds, queries = joins(room)
        print(f"  joining: {milliseconds:.1f} ms, {queries} queries")
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
