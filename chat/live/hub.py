"""One hub per process: it knows the local sockets and their rooms, and gives each what it should hear, in order.

Committed rows come from this process at once and from others as hints. Within a room they are passed on in order of
`rev` without holes: what is missing is read from the database, once per process. What a socket may not see reaches it
as a bare number. See docs/protocol.md; the rounds a hub makes by the clock are in `rounds.py`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db.models import Q

from accounts.sessions import authenticate_sessions
from chat.events import POSTED, advanced_frame, behind_frame, row_frame
from chat.live import bus
from chat.live.database import in_database
from chat.live.frames import Encoded, decode, encode
from chat.live.gather import Gather
from chat.live.intake import Intake
from chat.live.opening import GREETINGS, arrive, depart, greet, places_told
from chat.live.receipts import Receipts
from chat.live.recent import Recent
from chat.live.rounds import Rounds, missing_items
from chat.live.watchers import Watchers
from chat.messages.presenters import PAGE_BYTES, seen_by

log = logging.getLogger(__name__)

HOLD_SECONDS = 0.05  # how long a row that came early waits for the one before it
AGAIN_SECONDS = 1.0  # after the database didn't answer
FINISH_SECONDS = 2.0
CATCH_UP = 500  # further behind, sockets are told to ask for themselves

NOBODY: frozenset[str] = frozenset()

counts: Counter[str] = Counter()


class Socket(Protocol):
    """What the hub needs of a connection."""

    id: str
    user_id: int
    public_id: str
    session_key: str
    epoch: int
    heard_at: float  # monotonic: the last sign of life
    watching: frozenset[int]
    blocks: frozenset[str] | None  # public ids of whom their person blocked; None: not read yet

    def deliver(self, data: bytes, room: LocalRoom | None = None) -> None: ...
    def close(self, code: int) -> None: ...


class LocalRoom:
    """A room with at least one local socket."""

    __slots__ = ("early", "filling", "floors", "joined", "pk", "public_id", "rev")

    def __init__(self, pk: int, public_id: str, rev: int) -> None:
        self.pk = pk
        self.public_id = public_id
        self.rev = rev  # everything up to here has been passed on
        self.floors: dict[Socket, int] = {}  # socket -> first place its member may see
        self.joined: dict[Socket, int] = {}  # socket -> how far the room was when its member was seen to be inside
        self.early: dict[int, bus.Item] = {}  # rows that came before their turn
        self.filling = False


class Hub:
    """Sockets, rooms, and who hears what. Every method runs on the event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.road = bus.Road(self.loop)
        self.intake = Intake(self.loop)
        self.sign_ins = Gather(authenticate_sessions)
        self.greetings = Gather(greet, most=GREETINGS)
        self.arrivals = Gather(arrive)
        self.departures = Gather(depart)
        self.recent = Recent()
        self.receipts = Receipts()
        self.sockets: dict[str, Socket] = {}
        self.by_user: defaultdict[int, set[Socket]] = defaultdict(set)
        self.rooms: dict[int, LocalRoom] = {}
        self.by_public_id: dict[str, LocalRoom] = {}
        self.rooms_of: defaultdict[Socket, set[LocalRoom]] = defaultdict(set)
        self.watchers = Watchers(self)
        self._seen: dict[int, tuple[int, float]] = {}  # membership id -> newest version passed on, and when
        self.opening = 0  # sockets that are between reading their rooms and joining them
        self._unheard: dict[int, int] = {}  # room nobody was in -> newest rev that went by meanwhile
        self._tasks: set[asyncio.Task[Any]] = set()
        bus.attach(self.road, self.accept)
        self.rounds = Rounds(self)

    # --- Sockets come and go ----------------------------------------------------------------------------------------

    def register(self, socket: Socket) -> None:
        """From now on a revocation reaches the socket; its rooms follow with `join`."""
        self.sockets[socket.id] = socket
        self.by_user[socket.user_id].add(socket)

    def join(self, socket: Socket, room_id: int, public_id: str, rev: int, floor: int) -> bool:
        """The socket hears the room from here. False if the room went on since `rev` was read: read it again."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = self.by_public_id[public_id] = LocalRoom(room_id, public_id, rev)
        if self._unheard.get(room_id, 0) > room.rev and not room.filling:
            self.run(self.fill(room))
        room.floors[socket] = floor
        room.joined[socket] = rev
        self.rooms_of[socket].add(room)
        return room.rev <= rev

    @contextmanager
    def while_opening(self) -> Iterator[None]:
        """Around reading a socket's rooms and joining them: what goes by in between is made up for."""
        self.opening += 1
        try:
            yield
        finally:
            self.opening -= 1
            if not self.opening:
                self._unheard.clear()

    def leave(self, socket: Socket, room: LocalRoom) -> None:
        """The socket hears the room no more; a room without sockets is forgotten."""
        room.floors.pop(socket, None)
        room.joined.pop(socket, None)
        self.rooms_of[socket].discard(room)
        if not room.floors:
            self.rooms.pop(room.pk, None)
            self.by_public_id.pop(room.public_id, None)
            self.recent.forget(room.pk)

    def unregister(self, socket: Socket) -> None:
        """The socket is gone."""
        self.sockets.pop(socket.id, None)
        self.by_user[socket.user_id].discard(socket)
        if not self.by_user[socket.user_id]:
            del self.by_user[socket.user_id]
        for room in list(self.rooms_of[socket]):
            self.leave(socket, room)
        del self.rooms_of[socket]
        self.watchers.watch(socket, frozenset())

    def room_of(self, socket: Socket, public_id: str) -> LocalRoom | None:
        """The room by its public id, if this socket's person is in it."""
        room = self.by_public_id.get(public_id)
        return room if room and socket in room.floors else None

    def run(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine beside everything else and keeps it from being collected."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("hub work failed: %s", type(task.exception()).__name__)

    # --- Items from here and from other processes -------------------------------------------------------------------

    def accept(self, items: list[bus.Item]) -> None:
        """Takes what was published, here or elsewhere, in any order, any number of times."""
        for item in items:
            handler = getattr(self, f"_on_{item['kind']}", None)
            if handler:  # an unknown kind comes from a newer release next to us
                try:
                    handler(item)
                except Exception as error:  # noqa: BLE001 - an item that breaks mustn't take its neighbours along
                    log.error("item not passed on: %s", type(error).__name__)

    def _on_row(self, item: bus.Item) -> None:
        room = self.rooms.get(item["room_id"])
        if room is None and self.opening:  # whoever is about to join read the room before this
            self._unheard[item["room_id"]] = max(item["rev"], self._unheard.get(item["room_id"], 0))
        if room is None or item["rev"] <= room.rev:
            self._ack_alone(item)
            return
        room.early[item["rev"]] = item
        self._pass_on(room)
        self._wait_for_missing(room)

    def _wait_for_missing(self, room: LocalRoom) -> None:
        """Gives rows that are late a moment before the database is asked."""
        if room.early and not room.filling:
            room.filling = True
            self.loop.call_later(HOLD_SECONDS, self._start_filling, room)

    def _pass_on(self, room: LocalRoom) -> None:
        """Everything that is next, in order."""
        while (item := room.early.pop(room.rev + 1, None)) is not None:
            room.rev += 1
            self._spread(room, item)

    def _spread(self, room: LocalRoom, item: bus.Item) -> None:
        """One row to every socket of the room, encoded once per form."""
        rev, seq, row, origin = item["rev"], item["seq"], item["row"], item["origin"]
        if item.get("rewritten"):  # what it said before may be quoted in what is remembered
            self.recent.forget(room.pk)
        self.recent.add(room.pk, rev, seq, row)
        if item.get("gone"):
            self._see_off(room, item)
        posted = row_frame(item.get("what", POSTED), room.public_id, rev, row) if row else b""
        advanced = b""
        for socket, floor in list(room.floors.items()):
            if row and origin == socket.id:
                socket.deliver(item["ack"])
            elif row and seq >= floor:
                plain = floor <= 1 and not socket.blocks
                socket.deliver(
                    posted if plain else self._as_seen(room, item, posted, socket.blocks or NOBODY, floor), room
                )
            else:
                advanced = advanced or encode(advanced_frame(room.public_id, rev))
                socket.deliver(advanced, room)

    def _see_off(self, room: LocalRoom, item: bus.Item) -> None:
        """Whoever this row says is out hears nothing from here on, whichever way the word of their own place takes.

        Who was brought back since has joined the room at a later number.
        """
        gone = [one for one in room.floors if one.public_id in item["gone"] and room.joined[one] < item["rev"]]
        for socket in gone:
            self.leave(socket, room)

    def _as_seen(self, room: LocalRoom, item: bus.Item, posted: bytes, blocks: frozenset[str], floor: int) -> bytes:
        """The row for somebody who blocked its sender, or who may not see what it quotes."""
        quoted_seq, quoted_sender = item.get("quoted") or (floor, None)
        if item.get("sender") not in blocks and quoted_seq >= floor and quoted_sender not in blocks:
            return posted
        seen = seen_by(decode(item["row"]), blocked=blocks, floor=floor)
        return row_frame(item.get("what", POSTED), room.public_id, item["rev"], encode(seen))

    def _ack_alone(self, item: bus.Item) -> None:
        """Answers a sender whose row came by another road first, or whose room isn't joined yet."""
        socket = self.sockets.get(item["origin"] or "")
        if socket:
            socket.deliver(item["ack"])

    def missed(self, room: LocalRoom, since: int, socket: Socket) -> bytes | None:
        """What this socket missed after `since`, from memory; None if that isn't enough, or isn't all theirs to see."""
        floor = room.floors[socket]
        if floor > 1 or socket.blocks:
            return None
        if not floor - 1 <= since <= room.rev:  # as `catch_up`: what lies before their time has to go from the screen
            return None
        rows = self.recent.since(room.pk, since, floor, room.rev)
        if rows is None or sum(map(len, rows)) > PAGE_BYTES:
            return None
        page = [Encoded(row) for row in rows]
        return encode({"type": "synced", "room": room.public_id, "rows": page, "more": False, "upto": room.rev})

    def _start_filling(self, room: LocalRoom) -> None:
        if room.early:
            self.run(self.fill(room))
        else:
            room.filling = False

    async def fill(self, room: LocalRoom) -> None:
        """Reads what is missing after `room.rev` and passes it on."""
        room.filling = True
        try:
            counts["fills"] += 1
            upto, found = await in_database(missing_items, room.pk, room.rev, CATCH_UP)
        except Exception:
            self.loop.call_later(AGAIN_SECONDS, self._start_filling, room)
            raise
        room.filling = False
        if self.rooms.get(room.pk) is not room:
            return  # everybody left meanwhile; who came since began with a room of their own
        if found is None:
            self._skip_to(room, upto)
            return
        for rev in range(room.rev + 1, upto + 1):
            # A number without a row was superseded: told as a bare number, so that cursors move on.
            room.early.setdefault(rev, found.get(rev) or {"rev": rev, "seq": 0, "row": None, "origin": None})
        self._pass_on(room)
        self._wait_for_missing(room)

    def _skip_to(self, room: LocalRoom, rev: int) -> None:
        room.rev = max(room.rev, rev)
        room.early = {later: item for later, item in room.early.items() if later > room.rev}
        self.recent.forget(room.pk)
        text = encode(behind_frame(room.public_id))
        for socket in list(room.floors):
            socket.deliver(text, room)
        self.run(self.tell_places(Q(room=room.pk)))
        self._pass_on(room)
        self._wait_for_missing(room)

    async def tell_places(self, which: Q) -> None:
        """Tells members here how their places stand, in rooms that went on without their hearing each message."""
        for user_id, data in await in_database(places_told, which):
            for socket in list(self.by_user.get(user_id, ())):
                socket.deliver(data)

    def _on_membership(self, item: bus.Item) -> None:
        if item["version"] < self.seen_version(item["membership_id"]):
            return  # overtaken on its way: who has left since must not be let in again
        self._note(item)
        text = encode(item["frame"])
        for socket in list(self.by_user.get(item["user_id"], ())):
            if item["inside"]:
                self.join(socket, item["room_id"], item["frame"]["room"], item["rev"], item["floor"])
            elif room := self.rooms.get(item["room_id"]):
                self.leave(socket, room)
            socket.deliver(text)

    def _on_blocks(self, item: bus.Item) -> None:
        for socket in self.by_user.get(item["user_id"], ()):
            socket.blocks = frozenset(item["blocks"])

    def _on_receipts(self, item: bus.Item) -> None:
        self._note(item)
        self._to_others(item)

    def _note(self, item: bus.Item) -> None:
        """Remembers the version, so that polling doesn't tell it a second time."""
        pk = item["membership_id"]
        self._seen[pk] = max(self.seen_version(pk), item["version"]), self.loop.time()

    def seen_version(self, membership_id: int) -> int:
        """The newest version of a membership that was passed on here, 0 if none lately."""
        return self._seen.get(membership_id, (0, 0.0))[0]

    def forget_seen(self, older_than: float) -> None:
        """Forgets versions passed on more than so many seconds ago: nothing asks that far back."""
        before = self.loop.time() - older_than
        self._seen = {pk: seen for pk, seen in self._seen.items() if seen[1] > before}

    def _on_typing(self, item: bus.Item) -> None:
        self._to_others(item)

    def _to_others(self, item: bus.Item) -> None:
        room = self.rooms.get(item["room_id"])
        text = encode(item["frame"])
        not_to = {item["user_id"], *item.get("deaf", ())}
        for socket in list(room.floors) if room else ():
            if socket.user_id not in not_to:
                socket.deliver(text)

    def _on_presence(self, item: bus.Item) -> None:
        self.watchers.tell(item["user_id"], item["frame"])

    def _on_hidden(self, item: bus.Item) -> None:
        self.watchers.hide(item["user_id"], item["frame"])

    def _on_blind(self, item: bus.Item) -> None:
        for socket in list(self.by_user.get(item["user_id"], ())):
            self.watchers.blind(socket)

    def _on_notice(self, item: bus.Item) -> None:
        data = encode(item["frame"])
        told = self.by_user.get(item["user_id"], ()) if item["user_id"] else self.sockets.values()
        for socket in list(told):
            socket.deliver(data)

    def _on_revoked(self, item: bus.Item) -> None:
        for socket in list(self.by_user.get(item["user_id"], ())):
            if item["session_key"] in {None, socket.session_key}:
                socket.close(4401)

    # --- The end ----------------------------------------------------------------------------------------------------

    def say_bye(self, spread: float) -> None:
        """Tells every socket that this process ends: come back after a random moment within `spread` seconds."""
        for socket in list(self.sockets.values()):
            pause = round(random.uniform(0.5, max(1.0, spread)), 1)  # noqa: S311 - spreads a crowd, guards nothing
            socket.deliver(encode({"type": "bye", "reason": "restart", "retry_after": pause}))

    async def finish(self) -> None:
        """Lets what was begun end, writes what is still in memory, tells the other processes, and stops."""
        await self.rounds.stop()
        await self.intake.finish(FINISH_SECONDS)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        await self.receipts.flush()
        await self.road.flush(bus.SEND_SECONDS)
        bus.detach()


_current: Hub | None = None


def current() -> Hub | None:
    """This process's hub, if a socket has needed one."""
    return _current


def start() -> Hub:
    """This process's hub, made with its first socket. Nothing is awaited here, so there is never a second one."""
    global _current
    if _current is None:
        _current = Hub()
    return _current
