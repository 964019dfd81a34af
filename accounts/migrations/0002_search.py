"""Searching the directory by the beginning of any word, on Postgres: `LIKE '% word%'` through a trigram index.

SQLite has no such index and needs none: it reads a hundred thousand rows in a few hundredths of a second.
"""

from django.db import migrations

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
# fastupdate off: people are searched often and change rarely, so no list of late entries slows a search down.
INDEX = """
CREATE INDEX user_by_words ON accounts_user USING gin (search_text gin_trgm_ops) WITH (fastupdate = off)
WHERE is_active AND is_listed
"""


def create(apps, schema_editor):
    """Makes the index where it can be made."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(EXTENSION)
        schema_editor.execute(INDEX)


def remove(apps, schema_editor):
    """Removes the index. The extension stays: it may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS user_by_words")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(create, remove)]
