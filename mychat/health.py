"""Is what this process needs there? Each answer within a second, whatever hangs."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

LIMIT = 0.9

log = logging.getLogger(__name__)
# Threads of their own: a probe that hangs keeps one of them, never one of those that serve people.
_threads = ThreadPoolExecutor(max_workers=3, thread_name_prefix="probe")
_seen_migrated = threading.Event()


def missing() -> dict[str, str]:
    """What is missing and why, in words for an operator; empty when all is well."""
    probes = {"database": database, "redis": cache_server}
    running = {name: _threads.submit(probe) for name, probe in probes.items()}
    found = {}
    for name, future in running.items():
        try:
            problem = future.result(LIMIT)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises means: not there
            log.warning("not ready: %s: %s", name, type(error).__name__)
            problem = "no answer"
        if problem:
            found[name] = problem
    return found


def database() -> str | None:
    """What is wrong with the database, or None. Raises what the driver raises when it isn't there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return None if _migrated() else "not migrated"
    finally:
        connection.close()


def cache_server() -> str | None:
    """None when every Redis host answers, or none is used. Raises what the driver raises when one isn't there."""
    for client in _redis_hosts():
        client.ping()
    return None


def _migrated() -> bool:
    """Whether this release's migrations are applied. Once applied they stay, so a yes is remembered."""
    if not _seen_migrated.is_set():
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _seen_migrated.set()
    return _seen_migrated.is_set()


@cache
def _redis_hosts() -> list[redis.Redis]:
    options = {"socket_timeout": LIMIT, "socket_connect_timeout": LIMIT, "max_connections": 2}
    return [
        redis.Redis.from_url(url, **options, **(settings.REDIS_TLS if url.startswith("rediss://") else {}))
        for url in settings.REDIS_SHARDS
    ]
