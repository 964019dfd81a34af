"""What a person chose about being told of things while they are away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_write_and_blocks"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="push_on",
            field=models.BooleanField(default=True, verbose_name="tell me about messages while I’m away"),
        ),
        migrations.AddField(
            model_name="user",
            name="push_previews",
            field=models.BooleanField(default=True, verbose_name="show what was written"),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_from",
            field=models.TimeField(blank=True, null=True, verbose_name="from"),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_until",
            field=models.TimeField(blank=True, null=True, verbose_name="until"),
        ),
    ]
