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

from accounts.models import User
from accounts.sessions import authenticate_session
from chat import events
from chat.errors import BadFrame, ChatError, NotFound, Unavailable
from chat.live import frames, hub, limits, presence
from chat.live.auth import session_key_of
from chat.live.database import in_database
from chat.live.hub import LocalRoom
from chat.live.opening import greet, missed
from chat.live.rounds import announce_presence
from chat.messages.services import Draft
from chat.people.services import visible_presences

log = logging.getLogger(__name__)

LIVE = settings.LIVE
QUEUE_BYTES = 4 * 1024 * 1024  # that may wait for a slow reader before it loses its socket
OPENINGS = 3  # times `ready` is read anew because something happened meanwhile

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def member_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application at `/ws/`."""
    await receive()  # websocket.connect
    # Accept, then close: a refusal before accept is 1006 to a browser, which would come back for ever.
    await send({"type": "websocket.accept"})
    key = session_key_of(scope)
    try:
        signed_in = await in_database(authenticate_session, key) if key else None
    except Exception as error:  # noqa: BLE001 - the database is away: not signed out, just come back later
        log.warning("sign-in not checked: %s", type(error).__name__)
        await send({"type": "websocket.close", "code": 1000})
        return
    if signed_in is None:
        await send({"type": "websocket.close", "code": 4401})
    else:
        await MemberSocket(send, *signed_in, key).serve(receive)


class MemberSocket:
    """One connection of one person."""

    def __init__(self, send: Send, user: User, epoch: int, session_key: str) -> None:
        self.id = secrets.token_hex(8)
        self.user_id, self.public_id = user.pk, user.public_id
        self.session_key, self.epoch = session_key, epoch
        self.heard_at = time.monotonic()
        self.watching: frozenset[int] = frozenset()
        self.ready = False
        self.refused: Counter[str] = Counter()
        self.hub = hub.start()
        self._send = send
        self._early: list[str] = []  # events that came before `ready` was sent
        self._waiting: asyncio.Queue[str | int] = asyncio.Queue()
        self._bytes = 0
        self._closing = False

    # --- Out --------------------------------------------------------------------------------------------------------

    def deliver(self, text: str) -> None:
        """Queues an event; before `ready`, to be sent right after it."""
        if self.ready:
            self._queue(text)
        else:
            self._early.append(text)

    def answer(self, frame: frames.Frame) -> None:
        """Queues a frame for this socket alone."""
        self._queue(frames.encode(frame))

    def _queue(self, text: str) -> None:
        """A reader slower than the queue loses its socket, and resumes by its cursors."""
        if self._closing:
            return
        self._bytes += len(text)
        if self._bytes > QUEUE_BYTES:
            self._waiting = asyncio.Queue()
            self.close(4429)
        else:
            self._waiting.put_nowait(text)

    def close(self, code: int) -> None:
        """Closes after what is queued."""
        if not self._closing:
            self._closing = True
            self._waiting.put_nowait(code)

    async def _write(self) -> None:
        """Sends what is queued. A writer that fails closes: a socket that is open but mute would never come back."""
        try:
            while isinstance(text := await self._waiting.get(), str):
                await self._send({"type": "websocket.send", "text": text})
                self._bytes -= len(text)
            code = text
        except Exception as error:  # noqa: BLE001 - whatever the server raises for a frame it can't send
            log.error("not sent: %s", type(error).__name__)
            code = 1000
        await self._send({"type": "websocket.close", "code": code})

    # --- In ---------------------------------------------------------------------------------------------------------

    async def serve(self, receive: Receive) -> None:
        """Hears the client until it goes."""
        self._count_in()
        writer = self.hub.run(self._write())
        code = 1006
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                self.heard_at = time.monotonic()
                if not self._closing:
                    await self._hear(message.get("text"))
            code = message.get("code", 1006)
        finally:
            self._closing = True
            writer.cancel()
            self.hub.unregister(self)
            self.hub.run(in_database(presence.store().expire, self.user_id, self.id, LIVE["PRESENCE_GRACE"]))
            log.info("socket closed user=%s code=%s refused=%s", self.user_id, code, dict(self.refused))

    def _count_in(self) -> None:
        """Registers first, so that a revocation during the opening finds the socket."""
        crowd = len(self.hub.by_user.get(self.user_id, ()))
        self.hub.register(self)
        if crowd >= LIVE["SOCKETS_PER_USER"] or limits.connects.wait(self.user_id):
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
            await getattr(self, command.type.replace(".", "_"))(command)
        except ChatError as refusal:
            self._refuse(refusal, command)
            if isinstance(refusal, BadFrame) and limits.bad_frames.wait(self.id):
                self.close(4429)
        except Exception as error:  # noqa: BLE001 - raising would cost the socket
            self._fail(error, command)

    def _fail(self, error: Exception, command: frames.Command | None) -> None:
        """Something broke on our side. Only its name is logged: a traceback could show what was written."""
        log.error("command failed: %s", type(error).__name__)
        self._refuse(Unavailable(), command)

    def _refuse(self, refusal: ChatError, command: frames.Command | None) -> None:
        refusal.client_id = refusal.client_id or frames.id_of(command)
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
                await self._turn_to_read()
                self.answer(await in_database(missed, self.user_id, public_id, since))

    async def _turn_to_read(self) -> None:
        """Waits until this person may cost another query: many tabs that come back at once take turns."""
        while seconds := limits.reads.wait(self.user_id):
            await asyncio.sleep(seconds)

    async def _open(self) -> None:
        for _ in range(OPENINGS):
            self._early.clear()
            with self.hub.while_opening():
                places, ready = await in_database(greet, self.user_id)
                current = [self.hub.join(self, *place) for place in places]
            if all(current) and not self._early:  # else something happened between reading and joining
                break
        self.ready = True
        self.answer(ready)
        for text in self._early:  # a client ignores what `ready` knew already
            self._queue(text)
        self._early.clear()
        came = await in_database(presence.store().touch, [(self.user_id, self.id)], LIVE["PRESENCE_LIFE"])
        if came:
            await in_database(announce_presence, came, online=True)

    async def message_post(self, command: frames.MessagePost) -> None:
        """Says something. The answer comes later, in its place of the room's stream."""
        limits.posts.check(self.user_id)
        draft = Draft(
            sender_id=self.user_id,
            room=command.room,
            client_id=command.client_id,
            body=command.body,
            epoch=self.epoch,
            origin=self.id,
        )
        # Beside the socket's other commands, so that a slow commit doesn't hold up a ping; and to its end, should the
        # socket go meanwhile.
        self.hub.run(self._post(draft, command))

    async def _post(self, draft: Draft, command: frames.MessagePost) -> None:
        try:
            await self.hub.intake.post(draft)
        except ChatError as refusal:
            self._refuse(refusal, command)
        except Exception as error:  # noqa: BLE001 - the sender hears of it and sends again
            self._fail(error, command)

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
        if not limits.typing.wait((self.user_id, room.pk)):
            events.typing_started(room_id=room.pk, room=room.public_id, user_id=self.user_id, user=self.public_id)

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
        await self._turn_to_read()
        self.answer(await in_database(missed, self.user_id, command.room, command.since))

    async def ping(self, command: frames.Ping) -> None:
        """Here."""
        self.answer({"type": "pong"})
