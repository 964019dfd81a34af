"""Parsing: whatever comes in is a command or a refusal, never another exception."""

import json
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from chat.attachments.errors import TooManyFiles
from chat.errors import ChatError
from chat.live.actions import ACTIONS
from chat.live.consumer import MemberSocket
from chat.live.frames import COMMANDS, EVENTS, LIVE, Command, Hello, MessagePost, parse

pytestmark = pytest.mark.unit

ID = "3b241101-e2bb-4255-8caf-4136c566a962"


def code(text: str | bytes | None) -> str:
    with pytest.raises(ChatError) as refused:
        parse(text)
    return refused.value.code


def post(**fields: object) -> str:
    return json.dumps({"type": "message.post", "client_id": ID, "room": "abc", "body": "hi", **fields})


def test_a_command_is_a_struct() -> None:
    assert parse(post()) == MessagePost(client_id=UUID(ID), room="abc", body="hi")
    assert parse('{"type": "hello", "v": 1}') == Hello(v=1, cursors={})


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        b'{"type": "ping"}',
        "ping",
        "{",
        "[]",
        '["type", "ping"]',
        "null",
        "7",
        '{"type": 7}',
        "{}",
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"type": "hello", "v": NaN}',
        '{"type": "hello", "v": 1e999}',
        '{"type": "hello", "v": ' + "9" * 5_000 + "}",
        '{"type": "hello"}',
        '{"type": "hello", "v": "1"}',
        '{"type": "hello", "v": 1, "cursors": {"abc": -1}}',
        '{"type": "hello", "v": 1, "cursors": {"../etc": 1}}',
        json.dumps({"type": "hello", "v": 1, "cursors": {f"r{n}": 1 for n in range(51)}}),
        '{"type": "ping", "surprise": 1}',
        '{"type": "sync", "room": "abc", "since": 9007199254740992}',
        '{"type": "sync", "room": "abc", "since": 1.5}',
        '{"type": "sync", "room": "", "since": 1}',
        '{"type": "room.read", "room": "abc", "seq": 0}',
        json.dumps({"type": "presence.watch", "users": ["abc"] * 201}),
        json.dumps({"type": "room.received", "rooms": {f"r{n}": 1 for n in range(201)}}),
        post(client_id="not-a-uuid"),
        post(client_id=7),
        post(client_id=None),
        post(body=None),
        post(body=["hi"]),
        post(room={"id": 1}),
        post(reply_to="x"),
        '{"type": "message.post"}',
    ],
    ids=lambda text: repr(text)[:40],
)
def test_what_is_no_command_is_a_bad_frame(text: str | bytes | None) -> None:
    assert code(text) == "bad_frame"


def test_an_unknown_type_says_so() -> None:
    assert code('{"type": "message.destroy"}') == "unknown_type"
    assert code('{"type": "__class__"}') == "unknown_type"


def test_a_frame_over_64_kib_is_too_large() -> None:
    assert code(post(body="x" * 66_000)) == "too_large"
    assert code('{"type": "ping", "x": "' + "\u4e2d" * 30_000 + '"}') == "too_large"


@pytest.mark.parametrize("text", [post(body="half an emoji: \ud83d"), '{"type": "ping", "x": "\ud83d"}'])
def test_half_a_character_is_bad_text(text: str) -> None:
    assert code(text) == "bad_text"


def test_a_refusal_names_the_message_it_refuses() -> None:
    for text in (post(body=None), post(body="\ud83d"), post(type="message.pots"), post(room="../")):
        with pytest.raises(ChatError) as refused:
            parse(text)
        assert refused.value.client_id == ID


def test_a_refusal_echoes_nothing_but_an_id() -> None:
    with pytest.raises(ChatError) as refused:
        parse(post(client_id="<script>"))
    assert refused.value.client_id is None


def test_every_command_has_its_handler_and_every_handler_its_schema() -> None:
    for schema in LIVE:
        assert callable(getattr(MemberSocket, schema.type.replace(".", "_")))
    assert set(ACTIONS) == set(COMMANDS.values()) - set(LIVE)


def test_names_are_noun_and_verb() -> None:
    assert all(name == name.lower() and name.count(".") <= 1 for name in [*COMMANDS, *EVENTS])
    assert not set(COMMANDS) & set(EVENTS)


def refusals(kind: type[ChatError]) -> set[str]:
    return {kind.code}.union(*(refusals(special) for special in kind.__subclasses__()))


def test_the_page_of_the_protocol_names_everything() -> None:
    page = (settings.BASE_DIR / "docs" / "protocol.md").read_text()
    table = page.partition("## Refusals")[2].partition("## Closing")[0]
    only_said = {ChatError.code, TooManyFiles.code}  # nobody raises the one, and the other is the page's own sentence

    assert [name for name in [*COMMANDS, *EVENTS] if f"`{name}" not in page] == []
    assert sorted(code for code in refusals(ChatError) - only_said if f"`{code}`" not in table) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {"type": st.sampled_from([*COMMANDS, "x"]) | JSON},
    optional={
        "client_id": st.uuids().map(str) | JSON,
        "room": st.text("abc019", min_size=1, max_size=16) | JSON,
        "body": st.text() | JSON,
        "seq": st.integers() | JSON,
        "since": st.integers() | JSON,
        "v": st.just(1) | JSON,
        "cursors": st.dictionaries(st.text("ab0"), st.integers()) | JSON,
        "rooms": st.dictionaries(st.text("ab0"), st.integers()) | JSON,
        "users": st.lists(st.text("ab0")) | JSON,
    },
)


@given(st.text() | JSON.map(json.dumps) | NEARLY.map(json.dumps) | st.binary())
def test_nothing_but_a_command_or_a_refusal_comes_out(text: str | bytes) -> None:
    outcome = parse_or_refuse(text)

    if isinstance(outcome, ChatError):
        assert outcome.code in {"bad_frame", "unknown_type", "too_large", "bad_text"}
        assert outcome.message.endswith(".")
    else:
        assert type(outcome) in COMMANDS.values()


def parse_or_refuse(text: str | bytes) -> Command | ChatError:
    try:
        return parse(text)
    except ChatError as refusal:
        return refusal


@given(st.text(max_size=200), st.uuids())
def test_text_arrives_as_it_was_sent(body: str, client_id: UUID) -> None:
    command = parse(json.dumps({"type": "message.post", "client_id": str(client_id), "room": "abc", "body": body}))

    assert command == MessagePost(client_id=client_id, room="abc", body=body)


def test_ids_are_compared_as_ids() -> None:
    client_id = uuid4()

    assert parse(post(client_id=str(client_id).upper())).client_id == client_id
