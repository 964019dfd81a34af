"""How the batch goes to Postgres."""

from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import User
from chat.messages.services import Draft, post_messages
from chat.rooms.services import open_direct_room

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def test_the_statement_is_prepared_and_never_has_a_text_in_it(alice: User) -> None:
    notes = open_direct_room(opener=alice, other=alice)
    post_messages([Draft(sender_id=alice.pk, room=notes.public_id, client_id=uuid4(), body="my secret")])

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        prepared = [statement for (statement,) in cursor.fetchall() if "chat_post_messages" in statement]

    assert prepared == ["SELECT * FROM chat_post_messages($1::json, $2)"]
