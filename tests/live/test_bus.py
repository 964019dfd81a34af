"""The road between processes: which shard, and with real Redis hosts that die, freeze and come back."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from channels.layers import get_channel_layer
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.live import bus, company, shards
from chat.live.shards import Shard
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.live.client import Join, Member
from tests.live.layer import Layer, row
from tests.redis_server import OwnRedis
from tests.servers import Site
from tests.threads import in_a_loop

MakeSite = Callable[..., Site]


# --- Which shard ----------------------------------------------------------------------------------------------------


@pytest.mark.unit
def test_a_room_has_one_shard_and_people_without_a_room_have_one() -> None:
    assert [bus.shard_of({"kind": "row", "room_id": pk}, 3) for pk in (1, 2, 3, 4)] == [1, 2, 0, 1]
    assert bus.shard_of({"kind": "typing", "room_id": 5, "user_id": 9}, 3) == 2
    assert bus.shard_of({"kind": "revoked", "user_id": 9}, 3) == 0


@pytest.mark.unit
def test_each_host_has_a_layer_of_its_own(settings: Settings) -> None:
    urls = ["redis://one.example.com:6379", "rediss://two.example.com:6379"]
    settings.REDIS_SHARDS = urls
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {
        f"shard{number}": {"BACKEND": backend, "CONFIG": {"hosts": [{"address": url}]}}
        for number, url in enumerate(urls)
    }

    async def story() -> None:
        road = bus.Road(asyncio.get_running_loop())
        assert [shard.number for shard in road.shards] == [0, 1]
        for number, url in enumerate(urls):
            assert get_channel_layer(f"shard{number}")._get_layer()._shards[0].host["address"] == url

    in_a_loop(story())


@pytest.mark.unit
def test_items_go_by_their_shard_and_keep_their_order(settings: Settings) -> None:
    settings.REDIS_SHARDS = []

    async def story() -> None:
        road = bus.Road(asyncio.get_running_loop())
        layers = [Layer(), Layer()]
        road.shards = [Shard(number, 2, layer) for number, layer in enumerate(layers)]
        road.send([row(1, room_id=4), row(1, room_id=5), row(2, room_id=5), row(2, room_id=4), row(3, room_id=7)])
        await road.flush(1)
        assert layers[0].items() == [[1, 2]]
        assert layers[1].items() == [[1, 2, 3]]

    in_a_loop(story())


# --- With a real Redis ----------------------------------------------------------------------------------------------


@pytest.mark.redis
@pytest.mark.parametrize("illness", ["frozen", "restarted"])
def test_a_shard_hears_again_when_redis_is_well_again(
    own_redis: OwnRedis, settings: Settings, monkeypatch: pytest.MonkeyPatch, illness: str
) -> None:
    monkeypatch.setattr(shards, "PATIENCE_SECONDS", 1.0)
    backend = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}
    settings.CHANNEL_LAYERS = {"shard0": {**backend, "CONFIG": {"hosts": [{"address": own_redis.url}]}}}

    async def story() -> None:
        layer, heard = get_channel_layer("shard0"), []
        shard = Shard(0, 1, layer)
        tasks = [
            asyncio.ensure_future(shard.listen(lambda items: heard.extend(item["rev"] for item in items))),
            asyncio.ensure_future(shard.keep_beating()),
        ]
        await until(lambda: not shard.company.deaf(time.monotonic()))
        make_ill(own_redis, illness)
        await until(lambda: shard.company.deaf(time.monotonic()))
        make_well(own_redis, illness)
        await until(lambda: not shard.company.deaf(time.monotonic()))
        await layer.group_send("hub.0", {"type": "hub.items", "from": "other", "number": 1, "items": [row(7)]})
        await until(lambda: heard == [7])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await layer.flush()

    in_a_loop(story())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def make_ill(server: OwnRedis, illness: str) -> None:
    server.freeze() if illness == "frozen" else server.stop()


def make_well(server: OwnRedis, illness: str) -> None:
    if illness == "frozen":
        assert server.process is not None
        server.process.send_signal(signal.SIGCONT)
    else:
        server.start()


# --- With real servers ----------------------------------------------------------------------------------------------


@pytest.fixture
def hosts() -> Iterator[tuple[OwnRedis, OwnRedis]]:
    """Two Redis hosts of the test's own."""
    pair = (OwnRedis(), OwnRedis())
    for host in pair:
        host.start()
    yield pair
    for host in pair:
        host.stop()


@pytest.fixture
def rooms(transactional_db: None, alice: User) -> tuple[Room, Room]:
    """Two rooms of Alice's, the first on the first shard, the second on the second."""
    found: dict[int, Room] = {}
    while len(found) < 2:
        room = open_direct_room(opener=alice, other=make_user(f"friend{len(found)}{time.monotonic_ns()}"))
        found.setdefault(room.pk % 2, room)
    return found[0], found[1]


def other_of(room: Room, user: User) -> User:
    return room.memberships.exclude(user=user).get().user


@pytest.mark.site
@pytest.mark.postgres
@pytest.mark.redis
def test_a_dead_host_makes_only_its_own_shard_slower(
    make_site: MakeSite, hosts: tuple[OwnRedis, OwnRedis], rooms: tuple[Room, Room], join: Join, alice: User
) -> None:
    env = {"REDIS_URL": ", ".join(host.url for host in hosts), "LIVE_POST_BURST": "1000"}
    here, there = make_site(env), make_site(env)
    mine = join(alice, at=here)
    theirs = [join(other_of(room, alice), at=there) for room in rooms]

    for rev in (1, 2):
        for room, ear in zip(rooms, theirs, strict=True):
            mine.post(room.public_id, f"both are there {rev}")
            assert ear.expect("message.posted", rev=rev, timeout=10)["room"] == room.public_id

    hosts[1].stop()
    delays: dict[int, list[float]] = {0: [], 1: []}
    for rev in range(3, 13):
        for number, (room, ear) in enumerate(zip(rooms, theirs, strict=True)):
            began = time.monotonic()
            mine.post(room.public_id, f"one is gone {rev}")
            mine.expect("ack", room=room.public_id, rev=rev)
            ear.expect("message.posted", rev=rev, timeout=10)
            delays[number].append(time.monotonic() - began)
    assert sorted(delays[0])[len(delays[0]) // 2] < sorted(delays[1])[len(delays[1]) // 2]
    assert sorted(delays[1])[len(delays[1]) // 2] < 3  # polled each second

    hosts[1].start()
    for room, ear in zip(rooms, theirs, strict=True):
        mine.post(room.public_id, "both are back")
        ear.expect("message.posted", rev=13, timeout=10)


@pytest.mark.site
@pytest.mark.postgres
@pytest.mark.redis
def test_who_joins_a_process_that_was_alone_misses_nothing(
    make_site: MakeSite, own_redis: OwnRedis, join: Join, alice: User, bob: User
) -> None:
    """One writes all the time; the other process comes up in the middle, its beat yet unheard."""
    env = {"REDIS_URL": own_redis.url, "LIVE_POST_BURST": "1000", "LIVE_RECONCILE_SECONDS": "300"}
    here, there = make_site(env), make_site(env)
    room = open_direct_room(opener=alice, other=bob)
    mine = join(alice, at=here)
    alone_for(company.COMPANY_SECONDS + company.SILENT_SECONDS + 1, mine, room)
    published = publications(own_redis)
    for _ in range(50):
        mine.post(room.public_id, "nobody else is here")
        mine.expect("ack")
    assert publications(own_redis) - published < 10  # beats
    before = Room.objects.get(pk=room.pk).last_rev

    theirs = join(bob, at=there)
    known = theirs.heard[0]["memberships"][0]["last_rev"]
    alone_for(6, mine, room)
    last = Room.objects.get(pk=room.pk).last_rev
    assert known >= before
    for rev in range(known + 1, last + 1):
        assert theirs.expect("message.posted", timeout=10)["rev"] == rev


def publications(server: OwnRedis) -> int:
    """How often anything was published."""
    with redis.Redis.from_url(server.url) as client:
        return int(client.info("commandstats")["cmdstat_publish"]["calls"])


def alone_for(seconds: float, member: Member, room: Room) -> None:
    """Posts ten times a second and waits for each answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        member.post(room.public_id, "anybody?")
        member.expect("ack")
        time.sleep(0.1)
