"""The server with one bug, named by CHAOS_BUG: `python -m tests.chaos.bad_servers`. The checker has to catch each."""

from mychat import server  # isort: skip  # first: it chooses the event loop

import os
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from chat import events  # noqa: E402
from chat.live import intake  # noqa: E402
from chat.live.hub import Hub, Socket  # noqa: E402
from chat.messages import postgres  # noqa: E402
from chat.messages.drafts import Draft  # noqa: E402
from chat.messages.services import Outcome, Posted, post_messages  # noqa: E402

LOOK_UP = "earlier.client_id = draft.id"


def ack_before_commit() -> None:
    """Says that it is stored, and stores it a moment later.

    Holds no lock in between: the other process would wait for it, with nothing to lose when it is the one killed.
    """

    def early(drafts: list[Draft], **how: bool) -> list[Outcome]:
        with transaction.atomic():
            outcomes = post_messages(drafts, **how)
            transaction.set_rollback(True)
        events.messages_posted([outcome.post for outcome in outcomes if isinstance(outcome, Posted)])
        time.sleep(0.3)
        return post_messages(drafts, **how)

    intake.post_messages = early


def ids_forgotten() -> None:
    """Doesn't look whether a message was stored before, and the database doesn't insist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('chat_post_messages'::regproc)")
        source = cursor.fetchone()[0]
        assert LOOK_UP in source
        source = source.replace(LOOK_UP, "false").replace("chat_post_messages", "chat_post_forgetfully")
        # In one transaction, which the two processes take one after the other.
        cursor.execute(f"LOCK chat_message; ALTER TABLE chat_message DROP CONSTRAINT IF EXISTS message_once; {source}")
    connection.close()
    postgres.CALL = postgres.CALL.replace("chat_post_messages", "chat_post_forgetfully")


def everybody_told() -> None:
    """Tells every room's news to whoever is connected."""
    join = Hub.join

    def join_all(hub: Hub, socket: Socket, *place: object) -> bool:
        for room in list(hub.rooms.values()):
            join(hub, socket, room.pk, room.public_id, room.rev, 0)
        return join(hub, socket, *place)  # type: ignore[arg-type]

    Hub.join = join_all  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {bug.__name__: bug for bug in (ack_before_commit, ids_forgotten, everybody_told)}

if __name__ == "__main__":
    BUGS[os.environ["CHAOS_BUG"]]()
    server.main(sys.argv[1:])
