"""What a platform asks: does it run, and can it serve?"""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from mychat import health
from tests.live.conftest import own_redis  # noqa: F401 - a fixture
from tests.redis_server import OwnRedis
from tests.servers import ROOT, Site


def test_health_asks_nobody(client: Client, django_assert_num_queries: Callable) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db(transaction=True)
def test_ready_when_all_is_there(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_when_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "database", lambda: time.sleep(5))
    began = time.monotonic()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database: no answer\n")
    assert time.monotonic() - began < 2


@pytest.mark.site
def test_an_unmigrated_database_is_healthy_but_not_ready(make_site: Callable[..., Site], tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    site = make_site(env={"DATABASE_URL": f"sqlite:///{file}", "REDIS_URL": ""})
    assert site.get("/healthz") == (200, "ok\n")
    assert site.get("/readyz") == (503, "database: not migrated\n")
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=site.environment, check=True)
    assert site.get("/readyz") == (200, "ready\n")
    assert sqlite3.connect(file).execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)


@pytest.mark.site
@pytest.mark.redis
@pytest.mark.parametrize("others", [False, True], ids=["the only one", "one of two"])
def test_a_site_without_its_redis_is_ready_and_says_so(
    make_site: Callable[..., Site],
    own_redis: OwnRedis,  # noqa: F811
    others: bool,
) -> None:
    hosts = [settings.REDIS_URL, own_redis.url] if others else [own_redis.url]
    site = make_site(env={"REDIS_URL": ",".join(hosts)})
    assert site.get("/readyz") == (200, "ready\n")
    own_redis.freeze()
    began = time.monotonic()
    assert site.get("/readyz") == (200, "ready\nredis: no answer\n")
    assert time.monotonic() - began < 2
    own_redis.stop()
    assert site.get("/readyz") == (200, "ready\nredis: no answer\n")
    own_redis.start()
    assert site.get("/readyz") == (200, "ready\n")


@pytest.mark.site
def test_probes_come_without_https(make_site: Callable[..., Site]) -> None:
    site = make_site(env={"BEHIND_PROXY": "1"})
    assert site.get("/healthz")[0] == 200
    assert site.get("/readyz")[0] == 200


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "evil.example.com", "not a host"])
def test_probes_may_come_by_any_host(client: Client, host: str, db: None) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200
    assert client.get("/readyz", headers={"host": host}).content == b"ready\n"


@pytest.mark.site
def test_a_foreign_host_is_refused_elsewhere(site: Site) -> None:
    assert site.get("/accounts/login/", Host="evil.example.com")[0] == 400
    assert site.get("/healthz", Host="evil.example.com")[0] == 200
