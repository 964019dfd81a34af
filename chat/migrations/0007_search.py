"""Finding messages by any part of their words.

On Postgres by a trigram index in which a room is a key like any trigram, so that a word that everybody uses is found
quickly by somebody who is in few rooms. That takes two extensions, which a database's owner may create. Where they
can't be had, search reads the words of the rooms one is in: right, and slower. On SQLite by a full-text table of
trigrams, kept by triggers, if the build has such a thing.
"""

import django.utils.timezone
from django.db import DatabaseError, migrations, models, transaction
from django.db.models import Q

# fastupdate off: a search of two hundred rooms would read the list of late entries two hundred times.
INDEX = "CREATE INDEX search_by_words ON chat_messagesearch USING gin ({columns}) WITH (fastupdate = off)"
BY_ROOM = ["CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE EXTENSION IF NOT EXISTS btree_gin",
           INDEX.format(columns="room_id, words gin_trgm_ops")]
BY_WORDS = ["CREATE EXTENSION IF NOT EXISTS pg_trgm", INDEX.format(columns="words gin_trgm_ops")]
FULL_TEXT = [
    """CREATE VIRTUAL TABLE chat_messagesearch_fts USING fts5(
        words, content='chat_messagesearch', content_rowid='message_id', tokenize='trigram')""",
    """CREATE TRIGGER chat_messagesearch_added AFTER INSERT ON chat_messagesearch BEGIN
        INSERT INTO chat_messagesearch_fts(rowid, words) VALUES (new.message_id, new.words); END""",
    """CREATE TRIGGER chat_messagesearch_gone AFTER DELETE ON chat_messagesearch BEGIN
        INSERT INTO chat_messagesearch_fts(chat_messagesearch_fts, rowid, words)
        VALUES ('delete', old.message_id, old.words); END""",
    """CREATE TRIGGER chat_messagesearch_changed AFTER UPDATE OF words ON chat_messagesearch BEGIN
        INSERT INTO chat_messagesearch_fts(chat_messagesearch_fts, rowid, words)
        VALUES ('delete', old.message_id, old.words);
        INSERT INTO chat_messagesearch_fts(rowid, words) VALUES (new.message_id, new.words); END""",
]


def create(apps, schema_editor):
    """Makes the best index that this database allows, if any."""
    ways = [BY_ROOM, BY_WORDS] if schema_editor.connection.vendor == "postgresql" else [FULL_TEXT]
    for statements in ways:
        try:
            with transaction.atomic(using=schema_editor.connection.alias):
                for statement in statements:
                    schema_editor.execute(statement)
        except DatabaseError:
            continue
        return


def remove(apps, schema_editor):
    """Removes the index. The extensions stay: they may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS search_by_words")
        return
    for name in ("added", "gone", "changed"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_messagesearch_{name}")
    schema_editor.execute("DROP TABLE IF EXISTS chat_messagesearch_fts")


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_post_conversation")]

    operations = [
        migrations.RemoveIndex("messagesearch", "search_by_room"),
        migrations.AddField(
            "messagesearch", "said_at", models.DateTimeField(default=django.utils.timezone.now), preserve_default=False
        ),
        migrations.AddIndex(
            "messagesearch", models.Index(fields=["room", "said_at", "message"], name="search_by_room")
        ),
        migrations.AddIndex(
            "message",
            models.Index(fields=["edited_at"], condition=Q(edited_at__isnull=False), name="message_edited"),
        ),
        migrations.AddIndex(
            "message",
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="message_removed"),
        ),
        migrations.CreateModel(
            name="SearchProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("done", models.BigIntegerField(default=0)),
                ("settled", models.BigIntegerField(default=0)),
                ("newest", models.BigIntegerField(default=0)),
                ("looked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changes_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RunPython(create, remove),
    ]
