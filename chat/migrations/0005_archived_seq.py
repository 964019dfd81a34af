"""What was put away remembers how far the room was, so that a word meant for oneself can bring it back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_conversation")]

    operations = [
        migrations.RemoveField("membership", "is_archived"),
        migrations.AddField("membership", "archived_seq", models.BigIntegerField(editable=False, null=True)),
    ]
