"""The road between processes: which shard, what is sent and to whom, and what a Redis that is ill costs."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from channels_redis.serializers import registry
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.live import bus, company, shards
from chat.live.shards import Item, Shard
from chat.models import Room
from chat.rooms.services import open_direct_room
from tests.factories import make_user
from tests.live.client import Join, Member
from tests.redis_server import OwnRedis
from tests.servers import Site
from tests.threads import in_a_loop

Story = Callable[..., Awaitable[None]]
MakeSite = Callable[..., Site]


def row(rev: int, room_id: int = 1) -> Item:
    return {"kind": "row", "room_id": room_id, "rev": rev, "row": b'{"body":"hi"}', "ack": b"{}", "origin": None}


class Layer:
    """A channel layer in memory, which may refuse or hang, and remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.ears: list[asyncio.Queue[dict[str, Any]]] = []
        self.refusing = self.hanging = False
        self.connections = 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.refusing:
            raise ConnectionError
        if self.hanging:
            await asyncio.sleep(60)
        self.sent.append(message)
        for ear in self.ears:
            ear.put_nowait(message)

    async def new_channel(self) -> int:
        if self.refusing:
            raise ConnectionError
        self.connections += 1
        self.ears.append(asyncio.Queue())
        return len(self.ears) - 1

    async def group_add(self, group: str, channel: int) -> None:
        return

    async def receive(self, channel: int) -> dict[str, Any]:
        return await self.ears[channel].get()

    async def flush(self) -> None:
        self.ears.clear()

    def items(self) -> list[list[int]]:
        """The numbers of the rows in each message that had any."""
        return [[item["rev"] for item in one["items"]] for one in self.sent if one.get("items")]

    def kinds(self) -> set[str]:
        return {message["type"] for message in self.sent}


@pytest.fixture(autouse=True)
def _counting_anew() -> Iterator[None]:
    bus.counts.clear()
    yield
    bus.detach()


def run(story: Story, *, rest: float = 0.02) -> None:
    """Tells the story of one shard and its layer. `rest` replaces the breaker's pause, in seconds."""

    async def tell() -> None:
        layer = Layer()
        with pytest.MonkeyPatch.context() as quicker:
            quicker.setattr(shards, "REST_SECONDS", rest)
            quicker.setattr(shards, "SEND_SECONDS", 0.05)
            await story(Shard(0, 1, layer), layer)

    in_a_loop(tell())


async def sent(shard: Shard) -> None:
    """Waits until nothing waits to be sent."""
    while shard.task:
        await shard.task


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


# --- What is sent ---------------------------------------------------------------------------------------------------


@pytest.mark.unit
def test_what_gathers_while_one_message_is_under_way_goes_in_the_next() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        for rev in range(1, 4):
            shard.send([row(rev)])
        await asyncio.sleep(0)
        shard.send([row(4)])
        shard.send([row(5)])
        await sent(shard)
        assert sorted(map(len, layer.items()), reverse=True)[0] > 1
        assert [rev for message in layer.items() for rev in message] == [1, 2, 3, 4, 5]

    run(story)


@pytest.mark.unit
def test_the_more_hear_us_the_fuller_the_messages() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        for number in range(100):
            shard.company.hear_beat(f"process{number}", time.monotonic())
        for rev in range(1, 6):
            shard.send([row(rev)])
            await asyncio.sleep(0.002)
        await sent(shard)
        assert layer.items() == [[1], [2, 3, 4, 5]]

    run(story)


@pytest.mark.unit
def test_the_senders_answer_stays_here_and_bytes_travel() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        item = row(1)
        shard.send([item])
        await sent(shard)
        (message,) = layer.sent
        assert "ack" not in message["items"][0]
        assert "ack" in item
        packer = registry.get_serializer("msgpack")  # channels_redis packs with it
        assert packer.deserialize(packer.serialize(message)) == message

    run(story)


@pytest.mark.unit
def test_nobody_is_spoken_to_once_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        shard.send([row(1)])
        await sent(shard)
        monkeypatch.setattr(company.Company, "quiet", lambda self, now: True)
        shard.send([row(2), row(3)])
        await sent(shard)
        assert layer.items() == [[1]]
        assert bus.counts["items for nobody"] == 2

    run(story)


@pytest.mark.unit
def test_a_hub_hears_itself_and_others() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        heard: list[int] = []
        work = asyncio.ensure_future(shard.listen(lambda items: heard.extend(item["rev"] for item in items)))
        await asyncio.sleep(0.02)
        assert not shard.company.deaf(time.monotonic())
        shard.send([row(1)])  # our own, which comes back and says nothing new
        await sent(shard)
        await layer.group_send("", {"type": "hub.items", "from": "other", "number": 1, "items": [row(2)]})
        await layer.group_send("", {"type": "hub.later", "from": "other", "number": 2})
        await asyncio.sleep(0.02)
        work.cancel()
        assert heard == [2]

    run(story)


@pytest.mark.unit
def test_items_that_cant_be_understood_dont_make_us_deaf() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        heard: list[int] = []

        def accept(items: list[Item]) -> None:
            heard.extend(item["rev"] for item in items)

        work = asyncio.ensure_future(shard.listen(accept))
        await asyncio.sleep(0.02)
        now = time.monotonic()
        await layer.group_send("", {"type": "hub.items", "from": "other", "number": 1, "items": [{"kind": "row"}]})
        await layer.group_send("", {"type": "hub.items", "from": "other", "number": 2, "items": [row(2)]})
        await asyncio.sleep(0.02)
        work.cancel()
        assert heard == [2]
        assert layer.connections == 1
        assert shard.company.must_poll(time.monotonic(), polled=now + company.SILENT_SECONDS)

    run(story)


@pytest.mark.unit
def test_another_list_of_hosts_is_a_lasting_doubt() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        work = asyncio.ensure_future(shard.listen(lambda items: None))
        await asyncio.sleep(0.02)
        for number in (1, 2):
            polled = time.monotonic() + company.SILENT_SECONDS
            beat = {"type": "hub.beat", "from": "other", "number": number, "sent": 0.0, "shards": 2}
            await layer.group_send("", beat)
            await asyncio.sleep(0.02)
            assert shard.company.must_poll(time.monotonic(), polled)
        work.cancel()

    run(story)


@pytest.mark.unit
def test_a_connection_that_fell_silent_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(shards, "RETRY_SECONDS", 0.02)

    async def story(shard: Shard, layer: Layer) -> None:
        heard: list[int] = []
        work = asyncio.ensure_future(shard.listen(lambda items: heard.extend(item["rev"] for item in items)))
        await asyncio.sleep(0.3)
        while layer.connections < 2 or not layer.ears:
            await asyncio.sleep(0.01)
        await layer.group_send("", {"type": "hub.items", "from": "other", "number": 1, "items": [row(2)]})
        await asyncio.sleep(0.02)
        work.cancel()
        assert heard == [2]

    run(story)


# --- The circuit breaker --------------------------------------------------------------------------------------------


@pytest.mark.unit
@pytest.mark.parametrize("illness", ["refusing", "hanging"])
def test_a_redis_that_is_ill_gets_a_rest_and_then_an_empty_message(illness: str) -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        setattr(layer, illness, True)
        shard.send([row(1)])
        await asyncio.sleep(0.1)
        shard.send([row(2), {"kind": "typing", "room_id": 1, "user_id": 1}])
        await asyncio.sleep(0.1)
        assert shard.task
        assert layer.sent == []
        setattr(layer, illness, False)
        await sent(shard)

        assert layer.sent[0]["items"] == []
        assert layer.items() == [[1, 2]]
        assert bus.counts["rests"] == 1
        assert bus.counts["messages refused"] >= 2

    run(story)


@pytest.mark.unit
def test_what_passes_doesnt_wait_for_redis() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        layer.refusing = True
        shard.send([{"kind": "presence", "user_id": 1}, row(1), {"kind": "typing", "room_id": 1, "user_id": 1}])
        await asyncio.sleep(0.01)
        layer.refusing = False
        await sent(shard)
        assert [item["kind"] for message in layer.sent for item in message["items"]] == ["row"]

    run(story)


@pytest.mark.unit
def test_what_waits_for_redis_has_an_end_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        layer.refusing = True
        for rev in range(1, shards.WAITING + 101):
            shard.send([row(rev)])
            await asyncio.sleep(0)
        layer.refusing = False
        await sent(shard)
        revs = [rev for message in layer.items() for rev in message]
        assert revs == list(range(101, shards.WAITING + 101))
        assert bus.counts["items dropped"] == 100
        assert max(map(len, layer.items())) <= shards.CHUNK

    run(story, rest=0.3)


@pytest.mark.unit
def test_a_beat_that_redis_refuses_is_a_doubt_at_once() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        work = asyncio.ensure_future(shard.listen(lambda items: None))
        await asyncio.sleep(0.02)
        polled = time.monotonic() + company.SILENT_SECONDS
        assert not shard.company.must_poll(time.monotonic(), polled)
        layer.refusing = True
        await shard.beat()
        assert shard.company.must_poll(time.monotonic(), polled)
        work.cancel()

    run(story)


@pytest.mark.unit
def test_beats_go_on_while_items_rest_and_an_end_is_said() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        work = asyncio.ensure_future(shard.keep_beating())
        await asyncio.sleep(0.01)
        work.cancel()
        await shard.part()
        assert layer.kinds() == {"hub.beat", "hub.end"}
        assert [message["number"] for message in layer.sent] == [1, 2]

    run(story)


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
