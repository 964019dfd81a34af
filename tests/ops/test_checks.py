"""The system checks name what is missing or dangerous, and are silent about a site that is set up well."""

import re

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django.fixtures import Settings

from mychat import checks

pytestmark = pytest.mark.unit

GOOD_KEY = "r7Kx2mVq9ZtB4nLw" * 4

POSTGRES, SQLITE = "django.db.backends.postgresql", "django.db.backends.sqlite3"


@pytest.fixture(autouse=True)
def _well_set_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site on its own machine, with nothing to complain about."""
    for name in ("DYNO", "WORKER", "WEB_CONCURRENCY", "RENDER_EXTERNAL_HOSTNAME", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings.DEBUG = settings.ON_DYNO = settings.BEHIND_PROXY = settings.HTTPS = False
    settings.SECRET_KEY = GOOD_KEY
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    settings.EMAIL_URL = ""
    settings.REDIS_SHARDS = []
    settings.TRUSTED_PROXY_COUNT = 0
    settings.STORAGES = {**settings.STORAGES}


@pytest.fixture
def dyno(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on a dyno, with its add-ons."""
    monkeypatch.setenv("DYNO", "web.1")
    monkeypatch.setenv("SECRET_KEY", GOOD_KEY)
    settings.ON_DYNO = settings.BEHIND_PROXY = settings.HTTPS = True
    settings.TRUSTED_PROXY_COUNT = 1
    settings.REDIS_SHARDS = ["rediss://:secret@redis.example.com:6379"]
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": POSTGRES, "CONN_MAX_AGE": 0})
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage"}}


def complaints() -> dict[str, CheckMessage]:
    """What our checks say, by id."""
    return {message.id: message for message in run_checks(tags=[checks.TAG])}


def test_a_well_set_up_site_hears_nothing() -> None:
    assert complaints() == {}


def test_a_well_set_up_dyno_hears_nothing(dyno: None) -> None:
    assert complaints() == {}


@pytest.mark.parametrize("key", ["short", "django-insecure-" + GOOD_KEY, "a" * 80])
def test_a_weak_key_is_an_error(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    assert "SECRET_KEY" in complaints()["mychat.E002"].msg


def test_a_weak_key_is_fine_while_developing(settings: Settings) -> None:
    settings.DEBUG, settings.SECRET_KEY = True, "short"
    assert complaints() == {}


def test_a_dyno_needs_its_key_as_a_variable(dyno: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    assert set(complaints()) == {"mychat.E001"}


def test_any_host_is_an_error(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert set(complaints()) == {"mychat.E003"}


def test_debug_on_a_platform_is_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    monkeypatch.setenv("RENDER_EXTERNAL_HOSTNAME", "chat.onrender.com")
    assert "mychat.E004" in complaints()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "chat.example.com"])
def test_debug_never_listens_beyond_this_machine(settings: Settings, host: str) -> None:
    settings.DEBUG = True
    (message,) = checks.public_debug(host)
    assert message.id == "mychat.E005"
    assert host in message.msg


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", None])
def test_debug_may_listen_on_this_machine(settings: Settings, host: str | None) -> None:
    settings.DEBUG = True
    assert list(checks.public_debug(host)) == []


def test_without_debug_any_address_will_do() -> None:
    assert list(checks.public_debug("0.0.0.0")) == []


@pytest.mark.parametrize("url", ["redis.example.com:6379", "redis://", "redis://host:port", "http://host:6379"])
def test_a_broken_redis_url_is_an_error(settings: Settings, url: str) -> None:
    settings.REDIS_SHARDS = ["redis://:secret@one.example.com:6379", url]
    (complaint,) = complaints().values()
    assert complaint.id == "mychat.E006"
    assert "address 2 of 2" in complaint.msg
    assert "secret" not in complaint.msg


def test_several_redis_hosts_are_fine_and_the_same_twice_is_an_error(settings: Settings) -> None:
    settings.REDIS_SHARDS = ["redis://one.example.com:6379", "unix:///run/redis.sock"]
    assert complaints() == {}
    settings.REDIS_SHARDS *= 2
    assert set(complaints()) == {"mychat.E013"}


def test_a_platform_without_redis_is_warned(dyno: None, settings: Settings) -> None:
    settings.REDIS_SHARDS = []
    assert set(complaints()) == {"mychat.W001"}


def test_sqlite_on_a_dyno_is_an_error(dyno: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": SQLITE, "CONN_MAX_AGE": 0})
    assert set(complaints()) == {"mychat.E007"}


def test_persistent_connections_are_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": POSTGRES, "CONN_MAX_AGE": 600})
    assert set(complaints()) == {"mychat.E008"}


def test_pictures_on_a_dynos_disk_are_a_warning(dyno: None, settings: Settings) -> None:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": files}
    assert set(complaints()) == {"mychat.W002"}


def test_half_a_key_to_the_object_store_is_an_error(settings: Settings) -> None:
    store = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "snug", "access_key": "key"}}
    settings.STORAGES = {**settings.STORAGES, "default": store}
    assert set(complaints()) == {"mychat.E014"}


@pytest.mark.parametrize("url", ["smtp.example.com", "http://example.com", "submission://", "://"])
def test_a_broken_mail_url_is_an_error(settings: Settings, url: str) -> None:
    settings.EMAIL_URL = url
    assert set(complaints()) == {"mychat.E009"}


@pytest.mark.parametrize("url", ["submission://me:pass@smtp.example.com:587", "smtp://localhost", "console:"])
def test_a_good_mail_url_is_taken(settings: Settings, url: str) -> None:
    settings.EMAIL_URL = url
    assert complaints() == {}


@pytest.mark.parametrize(
    ("behind", "count", "expected"),
    [(True, 1, set()), (True, -1, {"mychat.E010"}), (True, 0, {"mychat.W003"}), (False, 1, {"mychat.W004"})],
)
def test_proxies_are_counted(settings: Settings, behind: bool, count: int, expected: set[str]) -> None:
    settings.BEHIND_PROXY, settings.TRUSTED_PROXY_COUNT = behind, count
    assert set(complaints()) == expected


def test_an_unknown_worker_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER", "seperate")
    assert set(complaints()) == {"mychat.E011"}


def test_concurrency_set_by_hand_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert set(complaints()) == {"mychat.W005"}
    monkeypatch.setenv("WEB_CONCURRENCY_SET_BY", "heroku/python")
    assert complaints() == {}
    monkeypatch.delenv("WEB_CONCURRENCY_SET_BY")
    monkeypatch.setenv("SERVED_BY", "1")  # bin/serve heeds it
    assert complaints() == {}


def test_every_complaint_says_what_to_do(dyno: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    settings.REDIS_SHARDS, settings.EMAIL_URL, settings.TRUSTED_PROXY_COUNT = ["nonsense"], "nonsense", -1
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": SQLITE, "CONN_MAX_AGE": 5})
    monkeypatch.setenv("WORKER", "nonsense")
    found = complaints()
    assert len(found) >= 7
    for message in found.values():
        assert message.hint
        assert re.search(r"[A-Z][A-Z_]{3,}", message.msg), f"{message.id} names no setting"


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_database_that_answers_before_the_disk_does_is_a_warning() -> None:
    found = [message.id for message in checks.durability(databases=["default"])]
    assert found == ["mychat.W006"]  # the tests' own Postgres runs without fsync


def test_https_without_a_proxy_is_an_error(settings: Settings) -> None:
    settings.HTTPS = True
    error = complaints()["mychat.E012"]
    assert error.is_serious()
    assert "BEHIND_PROXY" in error.msg
