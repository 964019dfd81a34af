"""The way out of a socket: in order, bounded, and without a task while nothing waits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chat.live import line
from chat.live.line import Line
from tests.threads import in_a_loop

pytestmark = pytest.mark.unit


class Connection:
    """The network's end: a wire that may block, and ASGI's `send`, which waits meanwhile."""

    def __init__(self) -> None:
        self.out: list[bytes | int] = []
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.drained = 0
        self.breaks = False

    @property
    def blocked(self) -> bool:
        return not self.flowing.is_set()

    def send(self, data: bytes) -> None:
        self.out.append(data)

    async def asgi(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.out.append(message["code"])
            return
        await self.flowing.wait()
        if self.breaks:
            raise ConnectionError
        self.out.append(message["text"].encode())

    def on_drained(self) -> None:
        self.drained += 1


Story = Callable[[Line, Connection], Coroutine[Any, Any, None]]


@pytest.fixture(params=["wire", "asgi"])
def tell(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    def run(story: Story) -> None:
        async def scene() -> None:
            there = Connection()
            await story(Line(there.asgi, there if request.param == "wire" else None, there.on_drained), there)

        in_a_loop(scene())

    return run


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_frames_leave_in_their_order_also_around_a_pause(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        one.send(b"1")
        await settle()
        there.flowing.clear()
        one.send(b"2")
        one.send(b"3")
        await settle()
        assert there.out == [b"1"]
        there.flowing.set()
        one.send(b"4")  # before the writer had its turn: not past those that wait
        await settle()
        one.send(b"5")
        await settle()

        assert there.out == [b"1", b"2", b"3", b"4", b"5"]
        assert one.bytes == 0

    tell(story)


def test_who_was_behind_is_told_to_when_all_is_out(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        there.flowing.clear()
        one.send(b"x" * (line.FULL_BYTES + 1))
        assert one.full
        await settle()
        assert there.drained == 0
        there.flowing.set()
        await settle()

        assert not one.full
        assert there.drained == 1

    tell(story)


def test_who_reads_much_too_slowly_loses_the_socket_and_costs_no_more(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        there.flowing.clear()
        for _ in range(20):
            one.send(b"x" * 100_000)
            assert one.bytes <= line.MOST_BYTES
        there.flowing.set()
        await settle()

        assert there.out[-1] == 4429
        assert sum(len(data) for data in there.out[:-1]) <= 100_000
        one.send(b"late")
        await settle()
        assert there.out[-1] == 4429

    tell(story)


def test_closing_comes_after_what_waits_and_once(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        there.flowing.clear()
        one.send(b"last words")
        one.close(4401)
        one.close(4429)
        one.send(b"too late")
        there.flowing.set()
        await settle()

        assert there.out == [b"last words", 4401]

    tell(story)


def test_a_connection_that_breaks_is_closed_rather_than_mute(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        there.flowing.clear()
        there.breaks = True
        one.send(b"hello")
        there.flowing.set()
        await settle()

        assert there.out == [1000]

    tell(story)


def test_a_client_that_is_gone_is_sent_nothing(tell: Callable[[Story], None]) -> None:
    async def story(one: Line, there: Connection) -> None:
        there.flowing.clear()
        one.send(b"hello")
        one.gone()
        there.flowing.set()
        await settle()

        assert there.out == []

    tell(story)
