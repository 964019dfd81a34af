"""The wire: a schema for every command and every event, and parsing that refuses but never breaks.

Commands are imperative and come from a client; events are past tense and go to one. The same schemas check the HTTP
twins. What the socket itself does is a struct here, and its handler is named after its type: `message.post` ->
`message_post`. What a service does is a struct in its concern's `commands.py`.
"""

import json
import re
from typing import Annotated, Any, Union
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat.errors import BadFrame, BadText, ChatError, TooLarge, UnknownType
from chat.live.schema import Command, Id, Number, Positive
from chat.messages import commands as messages
from chat.people import commands as people
from chat.rooms import commands as rooms

VERSION = 1
FRAME_BYTES = 64 * 1024  # part of the protocol, not a setting
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
Cursors = Annotated[dict[Id, Number], Meta(max_length=50)]


# --- Commands -------------------------------------------------------------------------------------------------------


class Hello(Command, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """Opens the conversation; sent again, compares cursors (reconcile)."""

    type = "hello"
    anyone = True
    v: int
    cursors: Cursors = {}
    client_id: UUID | UnsetType = UNSET


class MessagePost(Command, frozen=True, kw_only=True, tag_field="type", tag="message.post"):
    """Says something in a room."""

    type = "message.post"
    client_id: UUID
    room: Id
    body: str
    reply_to: Positive | UnsetType = UNSET
    attachments: Annotated[tuple[Id, ...], Meta(max_length=10)] = ()


class RoomRead(Command, frozen=True, kw_only=True, tag_field="type", tag="room.read"):
    """This person has read the room up to and with `seq`."""

    type = "room.read"
    room: Id
    seq: Positive
    client_id: UUID | UnsetType = UNSET


class RoomReceived(Command, frozen=True, kw_only=True, tag_field="type", tag="room.received"):
    """This device has the rooms up to and with these places."""

    type = "room.received"
    rooms: Annotated[dict[Id, Positive], Meta(max_length=200)]
    client_id: UUID | UnsetType = UNSET


class TypingStart(Command, frozen=True, kw_only=True, tag_field="type", tag="typing.start"):
    """This person is writing in the room."""

    type = "typing.start"
    room: Id
    client_id: UUID | UnsetType = UNSET


class PresenceWatch(Command, frozen=True, kw_only=True, tag_field="type", tag="presence.watch"):
    """Whom this screen shows: replaces the list before."""

    type = "presence.watch"
    users: Annotated[list[Id], Meta(max_length=200)]
    client_id: UUID | UnsetType = UNSET


class Sync(Command, frozen=True, kw_only=True, tag_field="type", tag="sync"):
    """What changed in the room after `since`?"""

    type = "sync"
    room: Id
    since: Number
    client_id: UUID | UnsetType = UNSET


class Ping(Command, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """Is anybody there?"""

    type = "ping"
    anyone = True
    client_id: UUID | UnsetType = UNSET


LIVE: tuple[type[Command], ...] = (Hello, MessagePost, RoomRead, RoomReceived, TypingStart, PresenceWatch, Sync, Ping)
# What is done by one service and answered at once, each with its action in the concern's `actions.py`.
ACTED: tuple[type[Command], ...] = (*messages.COMMANDS, *rooms.COMMANDS, *people.COMMANDS)
COMMANDS: dict[str, type[Command]] = {schema.type: schema for schema in (*LIVE, *ACTED)}
DECODER: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Union[tuple(COMMANDS.values())])  # noqa: UP007 - made here


def parse(text: str | bytes | None) -> Command:
    """The command in a text frame.

    Raises `TooLarge` above 64 KiB, `UnknownType`, `BadText` for characters that can't be stored, and `BadFrame` for
    everything else that isn't a command (binary, no JSON, no object, missing or wrong keys). Every one of them carries
    the frame's `client_id` as `.client_id` where one could be read.
    """
    if not isinstance(text, str) or not text:
        raise BadFrame
    if len(text) > FRAME_BYTES or len(text.encode(errors="replace")) > FRAME_BYTES:
        raise TooLarge
    try:
        return DECODER.decode(text)  # in one pass; what is wrong with a frame is found out below
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return interpret(decode(text))


def interpret(data: Any) -> Command:
    """The command in decoded JSON. Raises as `parse`."""
    if not isinstance(data, dict):
        raise BadFrame
    try:
        return _convert(data)
    except ChatError as error:
        error.client_id = _client_id(data)
        raise


def interpret_post(data: dict[str, Any]) -> MessagePost:
    """The `message.post` that an HTTP body stands for. Raises as `parse`."""
    command = interpret({**data, "type": MessagePost.type})
    assert isinstance(command, MessagePost)  # noqa: S101 - for the type checker: the type was set above
    return command


def decode(text: str | bytes) -> Any:
    """What a JSON text says. Raises `BadFrame` or `BadText`, never anything else."""
    try:
        return msgspec.json.decode(text)
    except UnicodeEncodeError as error:
        raise BadText from error
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise _lone_surrogate(text) or BadFrame() from error


def _lone_surrogate(text: str | bytes) -> BadText | None:
    """The refusal of a frame that is JSON but for half a character, as a browser makes when it cuts an emoji."""
    try:
        plain = text if isinstance(text, str) else text.decode()
        data = json.loads(plain) if SURROGATE.search(plain) else None
    except (ValueError, RecursionError):
        return None
    error = BadText()
    error.client_id = _client_id(data) if isinstance(data, dict) else None
    return error if data is not None else None


def _convert(data: dict[str, Any]) -> Command:
    kind = data.get("type")
    schema = COMMANDS.get(kind) if isinstance(kind, str) else None
    if schema is None:
        raise UnknownType if isinstance(kind, str) else BadFrame
    try:
        return msgspec.convert({key: value for key, value in data.items() if key != "type"}, schema)
    except (msgspec.ValidationError, RecursionError, UnicodeError) as error:
        raise BadFrame from error


def id_of(command: Command | None) -> str | None:
    """The client_id that a command carries, if any."""
    client_id = getattr(command, "client_id", UNSET)
    return None if client_id is UNSET else str(client_id)


def _client_id(data: dict[str, Any]) -> str | None:
    """The frame's client_id for its refusal, if it is one; anything else isn't echoed."""
    try:
        return str(UUID(data["client_id"]))
    except (KeyError, ValueError, AttributeError, TypeError):
        return None


# --- Events ---------------------------------------------------------------------------------------------------------

Frame = dict[str, Any]
Encoded = msgspec.Raw  # a part of a frame that is JSON already
ENCODER = msgspec.json.Encoder()

MEMBERSHIP = """
    room version kind state role posting title hue people joined last_rev last_seq last read_seq recv_seq
    unread_from_seq visible_from_seq unread mentioned pinned archived muted level draft receipts
"""
GROUP = "topic slug avatar member_count is_open shows_history is_announcement"
# Every event a client may hear, with the keys it always and sometimes has. Tests hold what is sent against it.
EVENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (frozenset(always.split()), frozenset(sometimes.split()))
    for name, always, sometimes in [
        ("ready", "v user memberships held", ""),
        ("ack", "client_id", "room seq rev created state message"),
        ("nack", "code message", "client_id retry_after"),
        ("message.posted", "room rev message", ""),
        ("message.changed", "room rev message", ""),
        ("room.changed", "room rev message", ""),
        ("room.advanced", "room rev", ""),
        ("membership.changed", MEMBERSHIP, f"hidden starred {GROUP}"),
        ("receipts.changed", "room user received read", ""),
        ("typing.started", "room user", ""),
        ("presence.changed", "user state", ""),
        ("notice.posted", "kind title body url", "id"),
        ("synced", "room rows more", "upto receipts"),
        ("reset", "room upto rows", "receipts"),
        ("bye", "reason retry_after", ""),
        ("pong", "", ""),
    ]
}


def encode(frame: Frame) -> bytes:
    """`frame` as it goes over the wire. `Encoded` values inside go in as they are."""
    return ENCODER.encode(frame)


def nack(error: ChatError) -> Frame:
    """The refusal of a command."""
    frame: Frame = {"type": "nack", "code": error.code, "message": error.message}
    if error.client_id:
        frame["client_id"] = error.client_id
    if error.retry_after is not None:
        frame["retry_after"] = error.retry_after
    return frame
