"""Natural batching: alone at once, in a crowd together, and everybody gets their own answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from chat.live import gather
from chat.live.gather import Gather
from tests.threads import in_a_loop

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def soon(function: Callable[..., Any], *args: Any) -> Any:
        await asyncio.sleep(0.001)
        return function(*args)

    monkeypatch.setattr(gather, "in_database", soon)


def test_a_crowd_shares_batches_and_each_gets_their_answer() -> None:
    sizes: list[int] = []

    def double(keys: list[int]) -> list[int]:
        sizes.append(len(keys))
        return [2 * key for key in keys]

    async def crowd() -> list[int]:
        one = Gather(double)
        return await asyncio.gather(*(one.ask(number) for number in range(150)))

    assert in_a_loop(crowd()) == [2 * number for number in range(150)]
    assert sizes == [64, 64, 22]


def test_who_asks_what_breaks_is_told_so_alone() -> None:
    def fail_at_zero(keys: list[int]) -> list[int]:
        if 0 in keys:
            raise ValueError("zero")
        return keys

    async def crowd() -> None:
        one = Gather(fail_at_zero)
        broken, *fine = await asyncio.gather(*(one.ask(number) for number in range(4)), return_exceptions=True)
        assert isinstance(broken, ValueError)
        assert fine == [1, 2, 3]

    in_a_loop(crowd())


def test_while_the_database_is_away_all_are_told_so_at_once() -> None:
    asked: list[list[int]] = []

    def away(keys: list[int]) -> list[int]:
        asked.append(keys)
        raise OperationalError

    async def crowd() -> None:
        one = Gather(away)
        answers = await asyncio.gather(*(one.ask(number) for number in range(4)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [OperationalError] * 4

    in_a_loop(crowd())
    assert asked == [[0, 1, 2, 3]]


def test_who_stops_waiting_disturbs_nobody() -> None:
    async def crowd() -> None:
        one = Gather(lambda keys: keys)
        gone, stays = asyncio.create_task(one.ask(1)), asyncio.create_task(one.ask(2))
        await asyncio.sleep(0)
        gone.cancel()

        assert await stays == 2

    in_a_loop(crowd())
