"""The demo shows what files look like."""

import pytest
from django.core.management import call_command
from pytest_django import Settings

from chat.demo.scene import FOLDER
from chat.demo.talk import FILES
from chat.models import Attachment, Message

pytestmark = pytest.mark.django_db


def test_every_file_of_the_demo_is_sent_once(settings: Settings) -> None:
    settings.DEBUG = settings.DEMO = True
    for _ in range(2):
        call_command("demo")

    sent = Attachment.objects.filter(message__isnull=False)
    assert (
        sorted(sent.values_list("name", flat=True)) == sorted(FILES) == sorted(file.name for file in FOLDER.iterdir())
    )
    assert all(one.alt for one in sent if one.kind == Attachment.Kind.IMAGE)
    assert not Message.objects.filter(body__contains="{file").exists()
    assert not Message.objects.filter(body__contains="¶").exists()
