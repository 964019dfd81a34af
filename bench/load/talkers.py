"""People at their sockets, in the two dialects: mychat's protocol and the tutorial's."""

import asyncio
import time

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.ledger import Ledger

WORDS = "the ferry leaves at nine, bring the blue bag and some bread"  # what a message says before its number
CONNECT_SECONDS = 30
encode = msgspec.json.encode


class Talker(WSListener):
    """One person's socket. Even and odd streams are the two people of a pair, who share a room."""

    path = ""
    greeting = b""  # the first frame, if there is one

    def __init__(self, stream: int, room: str, ledger: Ledger) -> None:
        self.stream, self.room, self.ledger = stream, room, ledger
        self.transport: WSTransport | None = None
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone = False

    async def connect(self, url: str, cookie: str) -> None:
        """Opens the socket at the server at `url` ("http://host:port") and waits until messages may go."""
        headers = {"Origin": url, "Cookie": cookie}
        address = url.replace("http", "ws", 1) + self.path.format(room=self.room)
        limit = CONNECT_SECONDS
        await ws_connect(lambda: self, address, extra_headers=headers, websocket_handshake_timeout=limit)
        await asyncio.wait_for(self.open, limit)

    def close(self) -> None:
        """Ends the socket in the regular way."""
        if self.transport and not self.gone:
            self.gone = True
            self.transport.send_close(WSCloseCode.OK)
            self.transport.disconnect()

    def post(self, due: float, words: str = WORDS) -> None:
        """Sends this stream's next message, which had to go out at `due`."""
        if self.transport and not self.gone:
            number = self.ledger.send(self.stream, due, time.monotonic())
            self.say(self.frame_of(number, f"{words} ~{self.stream}.{number}~"))

    def say(self, frame: bytes) -> None:
        """Sends a text frame."""
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, frame)

    def frame_of(self, number: int, body: str) -> bytes:
        """The frame that posts `body`."""
        raise NotImplementedError

    def hear(self, frame: memoryview) -> None:
        """Enters into the ledger what a frame says."""
        raise NotImplementedError

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Something came."""
        if frame.msg_type == WSMsgType.TEXT:
            self.hear(frame.get_payload_as_memoryview())
        elif frame.msg_type == WSMsgType.CLOSE:
            self._drop(f"closed with {frame.get_close_code()}")
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone."""
        self._drop("disconnected")

    def _drop(self, why: str) -> None:
        """The server ended it."""
        if not self.gone:
            self.gone = True
            self.ledger.dropped[why] += 1
        if not self.open.done():
            self.open.set_exception(ConnectionError(why))


def token(body: str) -> tuple[int, int]:
    """The stream and the number at the end of a body."""
    stream, _, number = body[body.rindex("~", 0, -1) + 1 : -1].partition(".")
    return int(stream), int(number)


# --- The tutorial -----------------------------------------------------------------------------------------------------


class Said(msgspec.Struct):
    """The only frame there is."""

    message: str


class TutorialTalker(Talker):
    """Says {"message": ...}; what comes back of it is the receipt."""

    path = "/ws/chat/{room}/"
    decode = msgspec.json.Decoder(Said).decode

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Open at once."""
        super().on_ws_connected(transport)
        self.open.set_result(None)

    def frame_of(self, number: int, body: str) -> bytes:
        """The frame that posts `body`."""
        return encode({"message": body})

    def hear(self, frame: memoryview) -> None:
        """Our own message is its receipt, the other's a delivery."""
        stream, number = token(self.decode(frame).message)
        note = self.ledger.acknowledge if stream == self.stream else self.ledger.deliver
        note(stream, number, time.monotonic())


# --- mychat -----------------------------------------------------------------------------------------------------------


class Row(msgspec.Struct):
    """A message as it is shown."""

    rev: int
    client_id: str
    body: str


class Event(msgspec.Struct):
    """Any frame, with the keys that matter here."""

    type: str
    room: str = ""
    rev: int = 0
    client_id: str = ""
    code: str = ""
    message: Row | str | None = None
    rows: list[Row] = []
    more: bool = False
    upto: int | None = None
    memberships: list[msgspec.Raw] = []


class MychatTalker(Talker):
    """Keeps a cursor of its room: takes what comes next, holds what comes early, and asks for what is missing."""

    path = "/ws/"
    greeting = b'{"type":"hello","v":1,"cursors":{}}'
    decode = msgspec.json.Decoder(Event).decode

    def __init__(self, stream: int, room: str, ledger: Ledger) -> None:
        super().__init__(stream, room, ledger)
        self.cursor: int | None = None
        self.held: dict[int, Event] = {}
        self.asked = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Says hello; open when the answer is there."""
        super().on_ws_connected(transport)
        self.say(self.greeting)

    def frame_of(self, number: int, body: str) -> bytes:
        """The frame that posts `body`."""
        client_id = f"{self.ledger.run}-{self.stream:04x}-{number:012x}"
        return encode({"type": "message.post", "client_id": client_id, "room": self.room, "body": body})

    def hear(self, frame: memoryview) -> None:
        """By type, as the protocol names them."""
        event = self.decode(frame)
        if event.type in ("message.posted", "ack", "room.advanced"):
            self._take(event)
        elif event.type == "nack":
            self.ledger.refuse(*self._own(event.client_id), event.code)
        elif event.type in ("synced", "reset"):
            self._catch_up(event)
        elif event.type == "ready":
            self._begin(event)

    def _begin(self, event: Event) -> None:
        for place in map(msgspec.json.decode, event.memberships):
            if place["room"] == self.room:
                self.cursor = place["last_rev"]
        self.open.set_result(None)

    def _take(self, event: Event) -> None:
        if event.room != self.room or self.cursor is None or event.rev <= self.cursor:
            self._again(event)
        elif event.rev == self.cursor + 1:
            self.cursor = event.rev
            self._enter(event)
            while self.held and (following := self.held.pop(self.cursor + 1, None)):
                self.cursor = following.rev
                self._enter(following)
        else:
            self.held[event.rev] = event
            self._ask()

    def _again(self, event: Event) -> None:
        """A client ignores these, as allowed, but for an `ack`, which may answer a message that was synced before."""
        if event.type == "ack":
            self._enter(event)

    def _enter(self, event: Event) -> None:
        now = time.monotonic()
        if event.type == "ack":
            self.ledger.acknowledge(*self._own(event.client_id), now)
        elif isinstance(event.message, Row):
            self._show(event.message, now)

    def _show(self, row: Row, now: float) -> None:
        stream, number = token(row.body)
        if stream != self.stream:
            self.ledger.deliver(stream, number, now)

    def _ask(self, *, again: bool = False) -> None:
        if again or not self.asked:
            self.asked = True
            self.ledger.gaps += not again
            self.say(encode({"type": "sync", "room": self.room, "since": self.cursor}))

    def _catch_up(self, event: Event) -> None:
        for row in event.rows:
            if event.type == "reset" or row.rev > (self.cursor or 0):
                self._show(row, time.monotonic())
        if event.more:
            self.cursor = event.rows[-1].rev
            self._ask(again=True)
            return
        self.asked = False
        self.cursor = max(self.cursor or 0, event.upto or 0)
        early, self.held = self.held, {}
        for rev in sorted(early):
            self._take(early[rev])

    def _own(self, client_id: str) -> tuple[int, int]:
        """The stream and number in a client id; none of ours for a refusal without any."""
        if not client_id:
            return -1, -1
        return int(client_id[19:23], 16), int(client_id[24:], 16)


DIALECTS: dict[str, type[Talker]] = {"mychat": MychatTalker, "tutorial": TutorialTalker}
