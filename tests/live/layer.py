"""A channel layer for tests of the road between processes."""

import asyncio
from typing import Any

from chat.live.shards import Item


def row(rev: int, room_id: int = 1) -> Item:
    """A message on its way to other processes."""
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
