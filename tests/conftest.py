"""Fixtures for every test: the cast, real servers, a browser, and a clean table for the next one."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from accounts.models import User
from chat.live import limits
from tests.factories import make_user
from tests.servers import Site, collect_static, server_environment

SITES = pytest.StashKey[list[Site]]()


# --- The cast -------------------------------------------------------------------------------------------------------


@pytest.fixture
def alice(db: None) -> User:
    """The one who begins."""
    return make_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    """The one who answers."""
    return make_user("bob")


@pytest.fixture
def eve(db: None) -> User:
    """The outsider."""
    return make_user("eve")


# --- Servers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collected static files, shared by all workers of a run."""
    return collect_static(settings.DATA_DIR / "static")


@pytest.fixture(scope="session")
def shared_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """Servers kept from test to test: starting one costs two seconds."""
    sites: dict[str, Site] = {}
    yield sites
    for site in sites.values():
        site.kill()


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    transactional_db: None,
    static_root: Path,
    shared_sites: dict[str, Site],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A running server on the tests' database. The process is shared: what a test makes in memory may linger."""
    environment = server_environment(static_root, LIVE_POST_BURST="1000", LIVE_CONNECTS_PER_MINUTE="1000")
    if "site" not in shared_sites:
        shared_sites["site"] = Site(environment, tmp_path_factory.mktemp("site") / "server.log")
    running = shared_sites["site"]
    running.environment = environment
    running.forget_log()
    if not running.running:
        running.start()
    yield _watched(request, running)
    running.assert_log_clean()


@pytest.fixture
def make_site(
    request: pytest.FixtureRequest, transactional_db: None, static_root: Path, tmp_path: Path
) -> Iterator[Callable[..., Site]]:
    """Makes servers of one's own: `make_site(env={"REDIS_URL": ""})`. Several share the tests' database."""
    made: list[Site] = []

    def make(env: dict[str, str] | None = None, *, start: bool = True) -> Site:
        site = Site(server_environment(static_root, **(env or {})), tmp_path / f"server-{len(made)}.log")
        made.append(_watched(request, site))
        return site.start() if start else site

    yield make
    for site in made:
        if site.process is not None:
            site.kill()
    for site in made:
        site.assert_log_clean()


def _watched(request: pytest.FixtureRequest, site: Site) -> Site:
    request.node.stash.setdefault(SITES, []).append(site)
    return site


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows what its servers wrote."""
    report = yield
    if report.failed:
        for site in item.stash.get(SITES, []):
            report.sections.append((f"log of the server on port {site.port}", site.log_text()[-20_000:]))
    return report


# --- Between tests --------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """Limits, presence and anything else that is remembered for a while start empty."""
    yield
    if not settings.REDIS_URL:
        cache.clear()
        return
    with redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS) as client:
        if keys := list(client.scan_iter(match=f"{settings.REDIS_PREFIX}:*", count=1000)):
            client.delete(*keys)


@pytest.fixture(autouse=True)
def clean_limits() -> Iterator[None]:
    """What this process counts of people starts empty: on SQLite each test's people have the same numbers."""
    yield
    for limit in vars(limits).values():
        if isinstance(limit, limits.Limit):
            limit._buckets.clear()


# --- The browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's Chromium; root has no sandbox to give it."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium(), "args": flags}


def chromium() -> str | None:
    """The system's Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


# --- What can run here ----------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and our servers would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What runs a browser or a server gets two more tries: on two busy cores one is late now and then, or reads while
    the tables are emptied. Reruns are counted in the summary, and what is wrong is wrong each time.
    """
    if item.get_closest_marker("browser") or item.get_closest_marker("site"):
        item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out, and counts as deselected, what needs a database, Redis or a browser that isn't there.

    `bin/test` provides all of them.
    """
    here = {
        "postgres": settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
        "redis": bool(settings.REDIS_URL),
        "browser": chromium() is not None,
    }
    missing = {name for name, present in here.items() if not present}
    left_out = [item for item in items if missing & {marker.name for marker in item.iter_markers()}]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
