"""The measurements of `bench/capacity.py` that need Django: `python -m bench.inside store | hear | speak`"""

import asyncio
import json
import os
import random
import sys
import time
from uuid import uuid4

import django

django.setup()

import redis  # noqa: E402 - after the setup
import redis.asyncio  # noqa: E402
from channels_redis.serializers import registry  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from chat import events  # noqa: E402
from chat.live import bus  # noqa: E402
from chat.live.hub import Hub  # noqa: E402
from chat.messages.presenters import changed_rows  # noqa: E402
from chat.messages.services import Draft, post_messages  # noqa: E402
from chat.models import Membership, Room  # noqa: E402

MESSAGES, BATCH = 20_000, 50
HINTS = {1: 4_000, 10: 2_000, 50: 1_000}  # rows in a hint -> how many hints are published
LISTENERS = 8
ROOMS = 200
BODY = "See you at seven, by the big tree, and bring the blue blanket."


def store() -> dict[str, float]:
    """Bytes for each message on disk (row and indexes), in the write-ahead log, and in a hint to other processes."""
    places = list(Membership.objects.order_by("room").values_list("room__public_id", "user_id")[: 2 * ROOMS])
    before = sizes()
    for _ in range(MESSAGES // BATCH):
        chosen = random.sample(places, BATCH)
        post_messages([Draft(sender_id=user, room=room, client_id=uuid4(), body=BODY) for room, user in chosen])
    table, log = (after - earlier for after, earlier in zip(sizes(), before, strict=True))
    hint = registry.get_serializer("msgpack").serialize({"items": stored_items(BATCH)})
    return {
        "table_bytes": round(table / MESSAGES),
        "wal_bytes": round(log / MESSAGES),
        "hint_bytes": round(len(hint) / BATCH),
    }


def sizes() -> tuple[int, int]:
    """Bytes of the table of messages with its indexes, and of all that was ever logged."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('chat_message'), pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        table, log = cursor.fetchone()
    return int(table), int(log)


class Ear(Hub):
    """A hub without sockets, which counts what it hears."""

    heard = 0

    def accept(self, items: list[bus.Item]) -> None:
        super().accept(items)
        self.heard += len(items)


async def hear() -> dict[str, float]:
    """CPU in µs for each row of a hint, by rows in a hint: of who hears it, of who published it, and of Redis.

    And what a hint costs Redis for each further process that hears it.
    """
    ear, found = Ear(), {}
    await asyncio.sleep(1)
    for rows, hints in HINTS.items():
        total = rows * hints
        before, used, theirs = ear.heard, time.process_time(), redis_seconds()
        found[f"publish_us_{rows}"] = await spoken(rows, hints)
        while ear.heard - before < total:
            await asyncio.sleep(0.01)
        found[f"hear_us_{rows}"] = round((time.process_time() - used) / total * 1e6, 2)
        found[f"redis_us_{rows}"] = round((redis_seconds() - theirs) / total * 1e6, 2)
    more = await with_listeners()
    found["redis_us_listener"] = round(max(0.0, more - found["redis_us_1"]) / LISTENERS, 2)
    return found


async def with_listeners() -> float:
    """What a hint of one row costs Redis with so many more subscribers."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    ears = [client.pubsub() for _ in range(LISTENERS)]
    for ear in ears:
        await ear.subscribe(f"{settings.REDIS_PREFIX}__group__hub.0")
    reading = [asyncio.ensure_future(drain(ear)) for ear in ears]
    theirs = redis_seconds()
    await spoken(1, HINTS[1])
    await asyncio.sleep(1)
    for task in reading:
        task.cancel()
    return (redis_seconds() - theirs) / HINTS[1] * 1e6


def redis_seconds() -> float:
    """CPU that Redis has used, as it says itself: /proc counts in hundredths of a second."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        used = client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


async def drain(ear: "redis.asyncio.client.PubSub") -> None:
    """Reads and forgets."""
    while True:
        await ear.get_message(timeout=None)


async def spoken(rows: int, hints: int) -> float:
    """Has another process publish. Returns its CPU in µs for each row."""
    command = [sys.executable, "-m", "bench.inside", "speak", str(rows), str(hints)]
    speaker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=os.environ)
    said, _ = await speaker.communicate()
    return float(json.loads(said))


async def speak(rows: int, hints: int, batch: list[bus.Item]) -> float:
    """Publishes so many hints of so many rows. Returns our own CPU in µs for each row."""
    road = bus.Road(asyncio.get_running_loop())
    started = time.process_time()
    for _ in range(hints):
        road.send(batch)
        await road.flush(5)
    return round((time.process_time() - started) / (rows * hints) * 1e6, 2)


def stored_items(count: int) -> list[bus.Item]:
    """So many rows as they travel."""
    room = Room.objects.filter(last_rev__gt=count).first()
    assert room is not None, "store first"
    public_id, _, rows = changed_rows(room.pk, room.last_rev - count, count)
    return events.row_items(events.PostedRow(room_id=room.pk, room=public_id, row=row) for row in rows or [])


def main(what: str, *numbers: int) -> object:
    """Does one of the three."""
    if what == "store":
        return store()
    if what == "hear":
        return asyncio.run(hear())
    rows, hints = numbers
    return asyncio.run(speak(rows, hints, stored_items(rows)))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:]))))
