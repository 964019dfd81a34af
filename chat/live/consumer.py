"""A member's socket: commands in, events out.

Plain ASGI, without a thread hop or a layer of its own: the hub is its only source. Whatever comes in is answered;
nothing raises, because an exception would cost the socket and swallow what arrives meanwhile.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from chat import events
from chat.errors import BadFrame, BadText, ChatError, NotFound, TooLarge, Unavailable
from chat.events import behind_frame
from chat.live import frames, hub, limits, presence
from chat.live.acting import Actor
from chat.live.actions import act
from chat.live.auth import session_key_of
from chat.live.database import in_database
from chat.live.hub import LocalRoom
from chat.live.line import Line, Send, Wire
from chat.live.opening import missed
from chat.messages.drafts import Draft
from chat.messages.services import is_plain, prepare
from chat.people.services import deaf_to_typing, visible_presences

log = logging.getLogger(__name__)

LIVE = settings.LIVE
OPENINGS = 3  # times `ready` is read anew because something happened meanwhile
NOBODY: frozenset[int] = frozenset()

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]


async def member_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application at `/ws/`."""
    await receive()  # websocket.connect
    # Accept, then close: a refusal before accept is 1006 to a browser, which would come back for ever.
    await send({"type": "websocket.accept"})
    key, wire = session_key_of(scope), scope.get("extensions", {}).get("mychat.wire")
    scope["headers"].clear()  # nobody needs them any more, and every layer around this one holds the scope
    try:
        user = await hub.start().sign_ins.ask(key) if key else None
    except Exception as error:  # noqa: BLE001 - the database is away: not signed out, just come back later
        log.warning("sign-in not checked: %s", type(error).__name__)
        await send({"type": "websocket.close", "code": 1000})
        return
    if user is None:
        await send({"type": "websocket.close", "code": 4401})
    else:
        await MemberSocket(send, wire, user, key).serve(receive)


class MemberSocket:
    """One connection of one person."""

    __slots__ = (
        "_dirty", "_early", "_user", "blocks", "epoch", "heard_at", "hub", "id", "line", "public_id", "ready",
        "refused", "session_key", "user_id", "watching",
    )  # fmt: skip

    def __init__(self, send: Send, wire: Wire | None, user: User, session_key: str) -> None:
        self.id = secrets.token_hex(8)
        self.user_id, self.public_id = user.pk, user.public_id
        self.session_key, self.epoch = session_key, user.access_epoch
        self.heard_at = time.monotonic()
        self.watching = NOBODY
        self.blocks: frozenset[str] | None = None
        self.ready = False
        self.refused: Counter[str] | None = None
        self.hub = hub.start()
        self.line = Line(send, wire, self._catch_up)
        self._user: User | None = user  # until `ready` has told who they are
        self._early: list[bytes] | None = None  # events that came while `ready` was read
        self._dirty: set[LocalRoom] | None = None  # rooms that went on while the client didn't read

    # --- Out --------------------------------------------------------------------------------------------------------

    def deliver(self, data: bytes, room: LocalRoom | None = None) -> None:
        """Sends an event. One of a room's stream may be left out: to a slow reader, who is told later how far it got.

        Before `ready` nothing is sent, since `ready` will say it, but for what comes while that is read.
        """
        if not self.ready:
            if self._early is not None:
                self._early.append(data)
        elif room is not None and (self.line.full or self._dirty):
            self._leave_out(room, data)
        else:
            self.line.send(data)

    def _leave_out(self, room: LocalRoom, data: bytes) -> None:
        if self.line.full or room in (self._dirty or ()):
            self._note_behind(room)
        else:
            self.line.send(data)

    def _note_behind(self, room: LocalRoom) -> None:
        self._dirty = self._dirty or set()
        self._dirty.add(room)

    def _catch_up(self) -> None:
        """The client reads again: it is told which rooms went on, and asks for what it lacks."""
        dirty, self._dirty = self._dirty or (), None
        behind = [room for room in dirty if self in room.floors]
        for room in behind:
            self.line.send(frames.encode(behind_frame(room.public_id)))
        if behind:
            self.hub.run(self.hub.tell_places(Q(user=self.user_id, room__in=[room.pk for room in behind])))

    def answer(self, frame: frames.Frame | bytes) -> None:
        """Sends a frame to this socket alone."""
        self.line.send(frame if isinstance(frame, bytes) else frames.encode(frame))

    def close(self, code: int) -> None:
        """Closes after what waits."""
        self.line.close(code)

    # --- In ---------------------------------------------------------------------------------------------------------

    async def serve(self, receive: Receive) -> None:
        """Hears the client until it goes."""
        self._count_in()
        code = 1006
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                self.heard_at = time.monotonic()
                if not self.line.closing:
                    await self._hear(message.get("text"))
            code = message.get("code", 1006)
        finally:
            self.line.gone()
            self.hub.unregister(self)
            self.hub.run(self.hub.departures.ask((self.user_id, self.id)))
            log.info("socket closed user=%s code=%s refused=%s", self.user_id, code, dict(self.refused or {}))

    def _count_in(self) -> None:
        """Registers first, so that a revocation during the opening finds the socket."""
        crowd = len(self.hub.by_user.get(self.user_id, ()))
        self.hub.register(self)
        if limits.connects.wait(self.user_id) or crowd >= LIVE["SOCKETS_PER_USER"]:  # every attempt counts
            self.close(4429)

    async def _hear(self, text: str | None) -> None:
        command: frames.Command | None = None
        try:
            if limits.frames.wait(self.id):
                self.close(4429)
                return
            command = frames.parse(text)
            if not (self.ready or command.anyone):
                raise BadFrame("Say hello first.")
            await HANDLERS.get(type(command), MemberSocket.act)(self, command)
        except ChatError as refusal:
            self._refuse(refusal, command)
            if isinstance(refusal, BadFrame | BadText | TooLarge) and limits.bad_frames.wait(self.id):
                self.close(4429)
        except Exception as error:  # noqa: BLE001 - raising would cost the socket
            self._fail(error, command)

    def _fail(self, error: Exception, command: frames.Command | None) -> None:
        """Something broke on our side. Only its name is logged: a traceback could show what was written."""
        log.error("command failed: %s", type(error).__name__)
        self._refuse(Unavailable(), command)

    def _refuse(self, refusal: ChatError, command: frames.Command | None) -> None:
        refusal.client_id = refusal.client_id or frames.id_of(command)
        self.refused = self.refused or Counter()
        self.refused[refusal.code] += 1
        self.answer(frames.nack(refusal))

    def _room(self, public_id: str) -> LocalRoom:
        room = self.hub.room_of(self, public_id)
        if room is None:
            raise NotFound
        return room

    # --- Commands ---------------------------------------------------------------------------------------------------

    async def hello(self, command: frames.Hello) -> None:
        """Opens with `ready`; again: tells what is missing in the rooms that are behind."""
        if command.v != frames.VERSION:
            self.close(4400)
            return
        await self._turn_to_read()
        if not self.ready:
            await self._open()
        for public_id, since in command.cursors.items():
            room = self.hub.room_of(self, public_id)
            if room and room.rev != since:
                await self._tell_missed(public_id, since)

    async def _tell_missed(self, public_id: str, since: int) -> None:
        """From memory if the hub remembers so far back, else from the database, and with the others' receipts.

        Who missed rows on an open socket has heard the receipts since; who comes back has them in `ready`.
        """
        await self._turn_to_read()
        room = self.hub.room_of(self, public_id)
        if room and self.line.full:  # fifty rooms asked for in one breath are told as fast as they are read
            self._note_behind(room)
            return
        told = self.hub.missed(room, since, self) if room else None
        if told is None:
            told = frames.encode(await in_database(missed, self.user_id, public_id, since))
        self.answer(told)

    async def _turn_to_read(self) -> None:
        """Waits until this person may cost another query: many tabs that come back at once take turns."""
        while seconds := limits.reads.wait(self.user_id):
            await asyncio.sleep(seconds)

    async def _open(self) -> None:
        try:
            ready = await self._join_all()
            self.ready = True
            self.answer(ready)
            for data in self._early or ():  # a client ignores what `ready` knew already
                self.answer(data)
        finally:
            self._early = None  # nothing is kept for a socket that isn't opening
        self._user = None
        await self.hub.arrivals.ask((self.user_id, self.id, self.public_id))

    async def _join_all(self) -> frames.Frame:
        """Reads this person's rooms and joins them. Again, if something happened in between."""
        user = self._user
        assert user is not None  # noqa: S101 - for the type checker: it goes with `ready`
        for _ in range(OPENINGS):
            self._early = []
            with self.hub.while_opening():
                places, ready, blocks = await self.hub.greetings.ask(user)
                if self.blocks is None:  # else we have heard something newer meanwhile
                    self.blocks = blocks
                current = [self.hub.join(self, *place) for place in places]
            if all(current) and not self._early:
                break
        return ready

    async def message_post(self, command: frames.MessagePost) -> None:
        """Says something. The answer comes later, in its place of the room's stream."""
        limits.posts.check(self.user_id)
        draft = Draft(
            sender_id=self.user_id,
            room=command.room,
            client_id=command.client_id,
            body=command.body,
            reply_to=command.reply_to or None,
            attachments=command.attachments,
            epoch=self.epoch,
            origin=self.id,
        )
        if not is_plain(draft.body):
            draft = await in_database(prepare, draft)
        self.hub.intake.submit(draft, self._refuse_post)

    def _refuse_post(self, refusal: ChatError) -> None:
        self._refuse(refusal, None)

    async def room_read(self, command: frames.RoomRead) -> None:
        """This person has read up to here."""
        self.hub.receipts.report(self.user_id, self._room(command.room).pk, read=command.seq)

    async def room_received(self, command: frames.RoomReceived) -> None:
        """This device has everything up to here."""
        for public_id, seq in command.rooms.items():
            self.hub.receipts.report(self.user_id, self._room(public_id).pk, received=seq)

    async def typing_start(self, command: frames.TypingStart) -> None:
        """This person is writing; more than one in three seconds is dropped, as it says nothing new."""
        room = self._room(command.room)
        if limits.typing.wait((self.user_id, room.pk)):
            return
        deaf = await in_database(deaf_to_typing, user_id=self.user_id, room_id=room.pk)
        if deaf is not None:
            events.typing_started(
                room_id=room.pk, room=room.public_id, user_id=self.user_id, user=self.public_id, deaf=deaf
            )

    async def presence_watch(self, command: frames.PresenceWatch) -> None:
        """Whom this screen shows."""
        await self._turn_to_read()
        seen = await in_database(visible_presences, viewer_id=self.user_id, public_ids=command.users)
        self.hub.watchers.watch(self, frozenset(seen.values()))
        online = await in_database(presence.store().online, seen.values())
        for public_id, user_id in seen.items():
            state = "online" if user_id in online else "offline"
            self.answer({"type": "presence.changed", "user": public_id, "state": state})

    async def sync(self, command: frames.Sync) -> None:
        """What changed in a room since the cursor."""
        await self._tell_missed(command.room, command.since)

    async def act(self, command: frames.Command) -> None:
        """What one service does."""
        answer = await in_database(act, Actor(self.user_id, self.epoch), command)
        if answer:
            self.answer(answer)

    async def ping(self, command: frames.Ping) -> None:
        """Here."""
        self.answer({"type": "pong"})


Handler = Callable[[MemberSocket, Any], Awaitable[None]]
HANDLERS: dict[type[frames.Command], Handler] = {
    schema: getattr(MemberSocket, schema.type.replace(".", "_")) for schema in frames.LIVE
}
