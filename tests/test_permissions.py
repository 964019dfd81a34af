"""The permission matrix: every address and every frame, for everybody. What isn't in the tables fails.

An outsider gets 404 where a room or a person isn't theirs to know of: never 403, which would confirm it. The site's
staff and its owner are outsiders too: a private room has no back door.
"""

import json
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from chat.live.frames import COMMANDS
from chat.messages.services import Draft, post_messages
from chat.models import Attachment, Membership, Message, Room
from chat.rooms.groups import create_group
from chat.rooms.members import remove_member, set_role
from chat.rooms.services import open_direct_room
from tests.base import signed_in
from tests.factories import make_user
from tests.live.client import Frame, Member
from tests.servers import Site

# For each address: GET and POST, each as "visitor members outsiders" or one status for all. 302 leads to the sign-in
# page or back; 404 says nothing; 422 is a form with its errors.
ADDRESSES = {
    "chat:home": ("302 200 200", "405"),
    "chat:room": ("302 200 404", "405"),
    "chat:room-messages": ("401 200 404", "401 200 404"),
    "chat:message-edits": ("401 200 404", "405"),
    "chat:room-pins": ("401 200 404", "405"),
    "chat:starred": ("302 200 200", "405"),  # one's own: tests/messages/test_pages.py
    "chat:commands": ("405", "401 400 400"),  # an empty body; the commands themselves are below
    "chat:room-attachments": ("405", "401 201 404"),  # a file comes with it
    "chat:room-media": ("302 200 404", "405"),
    "chat:upload": ("405", "401 404 404"),  # somebody's unsent file: tests/attachments
    "chat:file": ("404 200 404", "405"),
    # A group that both members own.
    "chat:rooms": ("302 200 200", "405"),
    "chat:group-new": ("302 200 200", "302 422 422"),
    "chat:invited": ("302 404 404", "302 404 404"),  # a link nobody made; real ones: tests/groups
    "chat:group-join": ("405", "302 404 404"),  # a private one
    "chat:group-leave": ("405", "302 302 404"),
    "chat:group-settings": ("302 200 404", "302 422 404"),
    "chat:group-picture": ("405", "302 422 404"),
    "chat:group-picture-remove": ("405", "302 302 404"),
    "chat:group-avatar": ("404", "405"),
    "chat:group-members": ("302 200 404", "302 422 404"),
    "chat:group-member": ("405", "302 302 404"),
    "chat:group-invites": ("405", "302 422 404"),
    "chat:group-invite-revoke": ("405", "302 404 404"),
    "chat:room-people": ("401 200 404", "405"),
    "chat:message-seen": ("401 404 404", "405"),  # nobody's message; one's own: tests/groups
    "chat:room-slug": ("302 200 404", "405"),
    "chat:session": ("401 200 200", "405"),
    "chat:search": ("302 200 200", "302 405 405"),  # what one finds: tests/search
    "chat:search-messages": ("401 200 200", "405"),
    "chat:switch": ("401 200 200", "405"),
    "chat:people": ("302 200 200", "302 405 405"),
    "chat:person": ("302 200 200", "302 405 405"),
    "chat:person-message": ("302", "302"),
    "chat:person-block": ("302", "302"),
    "chat:requests": ("302 200 200", "302 405 405"),
    "chat:request-answer": ("302", "302 404 404"),  # nobody asked; real ones: tests/people
    "chat:room-close": ("302", "302 302 404"),
    "chat:room-message": ("401 200 404", "405"),
    "manifest": ("200", "405"),
    "worker": ("200", "405"),
    "offline": ("200", "405"),
    "chat:push-key": ("401 200 200", "405"),
    "chat:push-subscribe": ("405", "401 400 400"),  # an empty body
    "chat:push-unsubscribe": ("405", "401 400 400"),
    "chat:push-test": ("405", "401 422 422"),  # no browser; real ones: tests/notifications
    "chat:notice-seen": ("405", "401 404 404"),
    "chat:browser-remove": ("302 405 405", "302 404 404"),
    "accounts:index": ("302", "302"),
    "accounts:sign-in": ("200 302 302", "200 302 302"),
    "accounts:sign-up": ("200 302 302", "200 302 302"),
    "accounts:forgot": ("200", "200"),
    # The tests' site has no mail, so nothing about addresses exists (tests/accounts has the site with mail).
    "accounts:forgot-done": ("404", "404"),
    "accounts:address": ("404", "404"),
    "accounts:address-sent": ("404", "404"),
    "accounts:address-confirm": ("404", "404"),
    "accounts:sessions": ("302", "302"),
    "accounts:demo": ("405", "404"),
    "accounts:setup": ("404", "404"),  # there is an owner
    "accounts:settings": ("302 200 200", "302 405 405"),
    "accounts:profile": ("302", "302 422 422"),
    "accounts:picture": ("302", "302 422 422"),
    "accounts:picture-remove": ("302", "302"),
    "accounts:privacy": ("302", "302 422 422"),
    "accounts:notifications": ("302", "302"),
    "accounts:appearance": ("302", "302 422 422"),
    "accounts:password": ("302 200 200", "302 200 200"),
    "accounts:password-set": ("302", "302"),
    "accounts:session-end": ("302", "302"),
    "accounts:sessions-end": ("302", "302"),
    "accounts:avatar": ("404", "405"),
    "account_login": ("200 302 302", "200 302 302"),
    "account_logout": ("302 200 200", "302"),
    "account_inactive": ("200", "405"),
    "account_signup": ("200 302 302", "200 302 302"),
    "account_reauthenticate": ("302 200 200", "302 200 200"),
    "account_email": ("404", "404"),
    "account_email_verification_sent": ("404", "404"),
    "account_change_password": ("302 200 200", "302 200 200"),
    "account_set_password": ("302", "302"),
    "account_reset_password": ("200", "200"),
    "account_confirm_login_code": ("302", "302"),
    "account_confirm_email": ("404", "404"),
    "account_reset_password_from_key_done": ("200", "405"),
    "account_reset_password_from_key": ("200", "200"),
    "account_reset_password_done": ("404", "404"),
    "usersessions_list": ("302", "302"),
}
ARGUMENTS: dict[str, list[str]] = {
    "chat:invited": ["nosuchtoken"],
    "chat:group-join": ["{group}"],
    "chat:group-leave": ["{group}"],
    "chat:group-settings": ["{group}"],
    "chat:group-picture": ["{group}"],
    "chat:group-picture-remove": ["{group}"],
    "chat:group-avatar": ["{group}", "nosuchversion"],
    "chat:group-members": ["{group}"],
    "chat:group-member": ["{group}", "{alice}"],
    "chat:group-invites": ["{group}"],
    "chat:group-invite-revoke": ["{group}", "7"],
    "chat:room-people": ["{group}"],
    "chat:message-seen": ["{group}", "1"],
    "chat:room-slug": ["{group}", "any-name"],
    "chat:room": ["{room}"],
    "chat:room-messages": ["{room}"],
    "chat:message-edits": ["{room}", "1"],
    "chat:room-pins": ["{room}"],
    "chat:room-attachments": ["{room}"],
    "chat:room-media": ["{room}"],
    "chat:notice-seen": ["7"],
    "chat:browser-remove": ["7"],
    "chat:upload": ["nosuchfile"],
    "chat:file": ["{file}", "plan.pdf"],
    "chat:person": ["alice"],
    "chat:person-message": ["alice"],
    "chat:person-block": ["alice"],
    "chat:request-answer": ["{room}"],
    "chat:room-close": ["{room}"],
    "chat:room-message": ["{room}", "1"],
    "accounts:avatar": ["{alice}", "nosuchversion"],
    "accounts:address-confirm": ["nosuchkey"],
    "account_confirm_email": ["nosuchkey"],
    "account_reset_password_from_key": ["1", "nosuchkey"],
}
# What a command brings: for members, and for everybody else.
FRAMES: dict[str, tuple[str, str]] = {
    "hello": ("synced", "nothing"),
    "message.post": ("ack", "not_found"),
    "room.read": ("nothing", "not_found"),
    "room.received": ("nothing", "not_found"),
    "typing.start": ("nothing", "not_found"),
    "presence.watch": ("presence.changed", "presence.changed"),
    "sync": ("synced", "not_found"),
    "ping": ("pong", "pong"),
    # Of the message posted above.
    "message.edit": ("ack", "not_found"),
    "reaction.set": ("ack", "not_found"),
    "message.pin": ("ack", "not_found"),
    "message.star": ("ack", "not_found"),
    "message.forward": ("ack", "not_found"),
    "room.unread": ("ack", "not_found"),
    "message.remove": ("ack", "not_found"),
    "message.hide": ("ack", "not_found"),
    "place.set": ("ack", "not_found"),
    "draft.set": ("ack", "not_found"),
    "person.block": ("ack", "ack"),
    "room.close": ("ack", "not_found"),
    "request.accept": ("ack", "not_found"),  # said again: they are members
    "request.decline": ("not_found", "not_found"),
}
FILE = "afileofalices"
GROUPS = {"visitor": 0, "alice": 1, "bob": 1, "eve": 2, "removed": 2, "staff": 2, "owner": 2}


def names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


@pytest.fixture
def cast(alice: User, bob: User, eve: User) -> dict[str, User]:
    return {
        "alice": alice,
        "bob": bob,
        "eve": eve,
        "removed": make_user("removed"),
        "staff": make_user("staff", is_staff=True),
        "owner": make_user("owner", is_staff=True, is_superuser=True),
    }


@pytest.fixture
def room(cast: dict[str, User]) -> Room:
    room = open_direct_room(opener=cast["alice"], other=cast["bob"])
    Membership.objects.create(room=room, user=cast["removed"], state=Membership.State.REMOVED)
    draft = Draft(sender_id=cast["alice"].pk, room=room.public_id, client_id=uuid4(), body="between us")
    post_messages([draft])
    attach(room, cast["alice"])
    return room


def attach(room: Room, sender: User) -> None:
    """A file of the only message."""
    Attachment.objects.create(
        public_id=FILE, room=room, uploader=sender, message=Message.objects.get(), kind="file", name="plan.pdf",
        mime="application/pdf", size=13, file=ContentFile(b"between us: 1", "plan"),
    )  # fmt: skip


@pytest.fixture
def group(cast: dict[str, User]) -> Room:
    alice, bob, removed = (cast[name] for name in ("alice", "bob", "removed"))
    group = create_group(owner=alice, name="Between us", people=[bob, removed])
    set_role(user=alice, room=group.public_id, person=bob.public_id, role=Membership.Role.OWNER)
    remove_member(user=alice, room=group.public_id, person=removed.public_id)
    return group


def expected(statuses: str, role: str) -> int:
    choices = statuses.split()
    return int(choices[GROUPS[role] if len(choices) > 1 else 0])


def test_every_address_and_every_command_is_in_the_tables() -> None:
    found = {name for name in names(get_resolver()) if not name.startswith("admin:")}

    assert found == set(ADDRESSES)
    assert set(COMMANDS) == set(FRAMES)


@pytest.mark.django_db
@pytest.mark.parametrize("role", GROUPS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses(name: str, role: str, cast: dict[str, User], room: Room, group: Room) -> None:
    known = {"room": room.public_id, "group": group.public_id, "alice": cast["alice"].public_id, "file": FILE}
    arguments = [one.format(**known) for one in ARGUMENTS.get(name, [])]
    url = reverse(name, args=arguments)
    file = {"file": SimpleUploadedFile("plan.pdf", b"%PDF-1.7")} if name == "chat:room-attachments" else {}
    post = json.dumps({"client_id": str(uuid4()), "body": "hello"}) if name == "chat:room-messages" else {}
    for method, statuses in zip(("GET", "HEAD", "POST"), (ADDRESSES[name][0], *ADDRESSES[name]), strict=True):
        client = Client() if role == "visitor" else signed_in(cast[role])
        if method == "POST":
            answer = client.post(url, post, content_type="application/json") if post else client.post(url, file)
        else:
            answer = client.generic(method, url)
            if method == "HEAD" and answer.status_code == 405:
                continue
        assert answer.status_code == expected(statuses, role), method
        if answer.status_code == 200 and GROUPS[role] != 1:
            assert b"between us" not in answer.content
    if (
        expected(ADDRESSES[name][0], role) == 302
        and role == "visitor"
        and name.startswith(("chat:", "accounts:settings"))
    ):
        assert Client().get(url)["Location"].startswith("/accounts/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("role", GROUPS)
def test_the_admin_is_for_staff(role: str, cast: dict[str, User], room: Room) -> None:
    client = Client() if role == "visitor" else signed_in(cast[role])
    reachable = set()
    for name in names(get_resolver()):
        if name.startswith("admin:") and name not in {"admin:None", "admin:login", "admin:logout"}:
            for arguments in ([], ["1"], ["1", "1"], ["accounts"]):
                url = reverse_or_none(name, arguments)
                if url and client.get(url).status_code == 200:
                    reachable.add(name)

    if role not in {"staff", "owner"}:
        assert not reachable - {"admin:jsi18n"}
    else:
        assert "admin:index" in reachable
    assert not any(name.startswith("admin:chat_") for name in names(get_resolver()))  # no generic list of private rooms


def reverse_or_none(name: str, arguments: list[str]) -> str | None:
    try:
        return reverse(name, args=arguments)
    except Exception:  # noqa: BLE001 - this address takes another number of arguments
        return None


@pytest.mark.site
@pytest.mark.parametrize("role", [role for role in GROUPS if role != "visitor"])
def test_frames(site: Site, role: str, cast: dict[str, User], room: Room) -> None:
    second = {"room": room.public_id, "seq": 2, "client_id": str(uuid4())}
    fields: dict[str, dict[str, object]] = {
        "hello": {"v": 1, "cursors": {room.public_id: 0}},
        "message.post": {"room": room.public_id, "client_id": str(uuid4()), "body": "hello"},
        "room.read": {"room": room.public_id, "seq": 1},
        "room.received": {"rooms": {room.public_id: 1}},
        "typing.start": {"room": room.public_id},
        "presence.watch": {"users": [cast["alice"].public_id]},
        "sync": {"room": room.public_id, "since": 0},
        "ping": {},
        "message.edit": {**second, "body": "hello again"},
        "reaction.set": {**second, "emoji": "👍", "on": True},
        "message.pin": {**second, "on": True},
        "message.star": {**second, "on": True},
        "message.forward": {**second, "to": room.public_id},
        "room.unread": {**second, "seq": 1},
        "message.remove": second,
        "message.hide": second,
        "place.set": {"room": room.public_id, "client_id": str(uuid4()), "pinned": True},
        "draft.set": {"room": room.public_id, "client_id": str(uuid4()), "body": "half a thought"},
        "person.block": {"user": make_user("anybody").public_id, "on": True, "client_id": str(uuid4())},
        "room.close": {"room": room.public_id, "on": False, "client_id": str(uuid4())},
        "request.accept": {"room": room.public_id, "client_id": str(uuid4())},
        "request.decline": {"room": room.public_id},
    }
    with Member(site, cast[role]) as member:
        member.hello()
        for kind in FRAMES:
            wanted = FRAMES[kind][0 if GROUPS[role] == 1 else 1]
            member.say(kind, **fields[kind])
            heard = answers(member) if wanted == "nothing" else [until(member, wanted)]
            assert [summary(frame) for frame in heard] == ([] if wanted == "nothing" else [wanted]), kind
        if GROUPS[role] != 1:
            assert "between us" not in json.dumps(member.heard)
    assert (Message.objects.count() > 1) is (GROUPS[role] == 1)


def summary(frame: Frame) -> str:
    return frame["code"] if frame["type"] == "nack" else frame["type"]


def answers(member: Member) -> list[Frame]:
    """What came but for the pong, and for news of one's own reading."""
    return [frame for frame in member.drain() if frame["type"] not in {"membership.changed", "receipts.changed"}]


def until(member: Member, wanted: str) -> Frame:
    while True:
        frame = member.next()
        if summary(frame) == wanted or frame["type"] == "nack":
            return frame


@pytest.mark.site
def test_a_visitor_has_no_socket(site: Site) -> None:
    with Member(site, None) as visitor:
        assert visitor.closed() == 4401


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_change_nothing(method: str, cast: dict[str, User], room: Room) -> None:
    call: Callable = getattr(signed_in(cast["alice"]), method)

    for name in ("chat:room", "chat:room-messages"):
        assert call(reverse(name, args=[room.public_id])).status_code in {405, 200}
    assert Message.objects.get().body == "between us"
