"""One shard: what is sent, what is heard, and what a Redis that is ill costs."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from channels_redis.serializers import registry

from chat.live import company, shards
from chat.live.shards import Item, Shard
from tests.live.layer import Layer, row
from tests.threads import in_a_loop

pytestmark = pytest.mark.unit

Story = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
def _counting_anew() -> None:
    shards.counts.clear()


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


# --- What is sent ---------------------------------------------------------------------------------------------------


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


def test_nobody_is_spoken_to_once_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        shard.send([row(1)])
        await sent(shard)
        monkeypatch.setattr(company.Company, "quiet", lambda self, now: True)
        shard.send([row(2), row(3)])
        await sent(shard)
        assert layer.items() == [[1]]
        assert shards.counts["items for nobody"] == 2

    run(story)


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
        assert shards.counts["rests"] == 1
        assert shards.counts["messages refused"] >= 2

    run(story)


def test_what_passes_doesnt_wait_for_redis() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        layer.refusing = True
        shard.send([{"kind": "presence", "user_id": 1}, row(1), {"kind": "typing", "room_id": 1, "user_id": 1}])
        await asyncio.sleep(0.01)
        layer.refusing = False
        await sent(shard)
        assert [item["kind"] for message in layer.sent for item in message["items"]] == ["row"]

    run(story)


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
        assert shards.counts["items dropped"] == 100
        assert max(map(len, layer.items())) <= shards.CHUNK

    run(story, rest=0.3)


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


def test_beats_go_on_while_items_rest_and_an_end_is_said() -> None:
    async def story(shard: Shard, layer: Layer) -> None:
        work = asyncio.ensure_future(shard.keep_beating())
        await asyncio.sleep(0.01)
        work.cancel()
        await shard.part()
        assert layer.kinds() == {"hub.beat", "hub.end"}
        assert [message["number"] for message in layer.sent] == [1, 2]

    run(story)
