"""`manage.py release` and `manage.py demo`: safe to run, and to run again."""

import io
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from accounts.setup import setup_code
from chat.demo.people import PEOPLE
from chat.demo.talk import GROUPS, REQUESTS, ROOMS, lines
from chat.models import Membership, Message, Room
from mychat import statics


def output(command: str) -> str:
    """What a management command says."""
    out = io.StringIO()
    call_command(command, stdout=out, verbosity=0)
    return out.getvalue()


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path) -> list[int]:
    """Counts collections of static files, into a directory of the test's own."""
    settings.STATIC_ROOT = tmp_path
    counted: list[int] = []

    def collect() -> None:
        counted.append(1)
        (tmp_path / statics.MANIFEST).write_text("{}")

    monkeypatch.setattr(statics, "collect", collect)
    return counted


@pytest.mark.django_db(transaction=True)
def test_a_release_invites_the_owner_until_there_is_one(collected: list[int], settings: Settings) -> None:
    settings.SETUP_CODE = ""
    settings.ALLOWED_HOSTS = [".herokuapp.com", "chat.example.com"]
    first, second = output("release"), output("release")
    assert first == second
    assert "http://chat.example.com/setup/" in first
    assert setup_code() in first
    User.objects.create_superuser("olga", password="twelve wet umbrellas")
    assert output("release") == ""


@pytest.mark.django_db(transaction=True)
def test_a_code_from_the_settings_isnt_written_to_the_log(collected: list[int], settings: Settings) -> None:
    settings.SETUP_CODE = "b8f1-77aa"
    said = output("release")
    assert "SETUP_CODE" in said
    assert "b8f1-77aa" not in said


@pytest.mark.django_db(transaction=True)
def test_static_files_are_collected_where_nobody_did(collected: list[int]) -> None:
    output("release")
    output("release")
    assert collected == [1]


# --- The demo -------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(db: None, settings: Settings) -> str:
    """The demo, made once; what it said."""
    settings.DEMO = True
    return output("demo")


def test_the_demo_is_refused_without_debug(db: None, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEBUG=1"):
        output("demo")
    assert not User.objects.exists()


def test_the_demo_tells_how_to_sign_in(demo: str) -> None:
    assert DEMO_PASSWORD in demo
    for person in PEOPLE:
        assert person.username in demo
        user = User.objects.get(username=person.username)
        assert user.is_demo
        assert user.check_password(DEMO_PASSWORD)


def test_a_second_demo_changes_nothing(demo: str) -> None:
    before = list(Message.objects.values_list("pk", "body")), User.objects.count(), Room.objects.count()
    assert output("demo") == demo
    assert (list(Message.objects.values_list("pk", "body")), User.objects.count(), Room.objects.count()) == before


def test_the_demo_is_a_week_of_talk_up_to_now(demo: str) -> None:
    times = Message.objects.order_by("created_at").values_list("created_at", flat=True)
    now = timezone.now()
    assert now > times[len(times) - 1] > now - timezone.timedelta(hours=1)
    assert (now - times[0]).days >= 5
    assert Room.objects.count() == len(ROOMS) + len(GROUPS) + len(REQUESTS)


def test_some_of_the_demo_is_unread(demo: str) -> None:
    unread = Counter({m.room_id: m.unread for m in Membership.objects.filter(user__username="ida").with_unread()})
    assert sorted(unread.values(), reverse=True)[:6] == [3, 3, 1, 1, 1, 0]


def test_the_demo_leaves_real_people_alone(db: None, settings: Settings) -> None:
    settings.DEMO = True
    User.objects.create_user("ida", password="nine quiet foxes")
    assert "ida" in output("demo")
    assert User.objects.count() == 1


@pytest.mark.unit
@pytest.mark.parametrize(("one", "other", "script"), ROOMS)
@pytest.mark.parametrize("clock", ["00:01", "03:30", "12:00", "23:59"])
def test_talk_is_in_order_at_any_hour(one: str, other: str, script: str, clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    now = timezone.now().replace(hour=hour, minute=minute)
    said = list(lines(script, now))
    assert {line.who for line in said} <= {one, other}
    assert [line.at for line in said] == sorted(line.at for line in said)
    assert said[-1].at < now
