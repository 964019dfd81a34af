"""Names the exact setting that is missing or dangerous, and what to do about it.

Checks, not import errors: a platform builds the site before any of its variables are set.
"""

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import dj_email_url
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own names
from django.db import DatabaseError, connections

from mychat import env, hosts, worker

TAG = "mychat"
SECRET_LENGTH = 50
REDIS_SCHEMES = {"redis", "rediss", "unix"}


def register() -> None:
    """Makes every check of this file part of `manage.py check` and of starting the server."""
    for check in (secret_key, allowed_hosts, debug, shared_state, database, uploads, mail, proxies, processes):
        checks.register(check, TAG)
    checks.register(durability, checks.Tags.database, deploy=True)


def before_serving(host: str | None) -> list[CheckMessage]:
    """All that speaks against serving on `host` (None: a socket file or an inherited socket)."""
    return [*checks.run_checks(), *public_debug(host)]


def on_platform() -> bool:
    """Whether a platform runs us: several processes may, and the disk is thrown away."""
    return settings.ON_DYNO or any(env.text(name) for name in hosts.PLATFORM_HOSTS)


def secret_key(**kwargs: object) -> Iterator[CheckMessage]:
    """Sessions are as safe as the key that signs them."""
    if settings.DEBUG:
        return
    key = settings.SECRET_KEY
    if settings.ON_DYNO and not env.text("SECRET_KEY"):
        hint = 'Run: heroku config:set SECRET_KEY="$(openssl rand -base64 48)"'
        yield Error("SECRET_KEY isn’t set, and a key kept on a dyno’s disk is lost.", hint=hint, id="mychat.E001")
    elif len(key) < SECRET_LENGTH or len(set(key)) < 5 or key.startswith("django-insecure-"):
        hint = f"Use at least {SECRET_LENGTH} random characters, for example from: openssl rand -base64 48"
        yield Error("SECRET_KEY is too easy to guess.", hint=hint, id="mychat.E002")


def allowed_hosts(**kwargs: object) -> Iterator[CheckMessage]:
    """Links in mail are built from the host: it must be ours."""
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        hint = "Set ALLOWED_HOSTS to the names of this site, for example: ALLOWED_HOSTS=chat.example.com"
        yield Error("ALLOWED_HOSTS is *, so anybody chooses the host in our links.", hint=hint, id="mychat.E003")


def debug(**kwargs: object) -> Iterator[CheckMessage]:
    """DEBUG shows the code and the settings to whoever causes an error, and signs in demo people."""
    if settings.DEBUG and on_platform():
        yield Error("DEBUG is on where everybody can see it.", hint="Unset DEBUG.", id="mychat.E004")


def public_debug(host: str | None) -> Iterator[CheckMessage]:
    """As `debug`, for the address the server is about to listen on."""
    if settings.DEBUG and host and not is_loopback(host):
        hint = "Unset DEBUG, or listen on 127.0.0.1."
        yield Error(f"DEBUG is on, and {host} can be reached from elsewhere.", hint=hint, id="mychat.E005")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shared_state(**kwargs: object) -> Iterator[CheckMessage]:
    """Redis carries hints between processes; with several hosts, each those of a part of the rooms."""
    hosts_given = settings.REDIS_SHARDS
    for number, url in enumerate(hosts_given, start=1):
        if not _is_redis(url):
            hint = "Each looks like redis://:password@host:6379/0, or rediss:// with TLS; a comma lies between."
            text = f"REDIS_URL (with REDIS_SHARDS) can’t be understood: address {number} of {len(hosts_given)}."
            yield Error(text, hint=hint, id="mychat.E006")
    if len(set(hosts_given)) < len(hosts_given):
        hint = "Name each host once: REDIS_SHARDS holds the further ones, after those of REDIS_URL."
        yield Error("REDIS_URL and REDIS_SHARDS name the same Redis twice.", hint=hint, id="mychat.E013")
    if not hosts_given and on_platform():
        hint = "Add a Redis, for example: heroku addons:create heroku-redis:mini"
        text = "REDIS_URL isn’t set: messages reach other processes within a second, typing and presence don’t."
        yield Warning(text, hint=hint, id="mychat.W001")


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in REDIS_SCHEMES and bool(parts.hostname or parts.path.strip("/")) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def database(**kwargs: object) -> Iterator[CheckMessage]:
    """Where messages live."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3") and settings.ON_DYNO:
        hint = "Add a database, for example: heroku addons:create heroku-postgresql:essential-0"
        text = "DATABASE_URL isn’t set: SQLite on a dyno’s disk loses every message at the next restart."
        yield Error(text, hint=hint, id="mychat.E007")
    if default.get("CONN_MAX_AGE") != 0:
        hint = "Take conn_max_age out of DATABASE_URL; DB_POOL_MAX bounds the pool instead."
        yield Error("CONN_MAX_AGE isn’t 0, which leaks connections under ASGI.", hint=hint, id="mychat.E008")


def uploads(**kwargs: object) -> Iterator[CheckMessage]:
    """Files of messages and people’s pictures: on a disk that stays, or in an object store that lets us in."""
    storage = settings.STORAGES["default"]
    if settings.ON_DYNO and storage["BACKEND"].endswith("FileSystemStorage"):
        text = "S3_BUCKET isn’t set: what people upload is kept on a dyno’s disk, which is emptied at every restart."
        hint = "Add an object store, for example: heroku addons:create bucketeer (docs/operations.md, Files)."
        yield Warning(text, hint=hint, id="mychat.W002")
    options = storage.get("OPTIONS", {})
    if bool(options.get("access_key")) != bool(options.get("secret_key")):
        hint = "Set both, or neither where the machine has a role of its own."
        yield Error("Of S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY only one is set.", hint=hint, id="mychat.E014")


def mail(**kwargs: object) -> Iterator[CheckMessage]:
    """A typing mistake here would swallow every password reset."""
    url = urlsplit(settings.EMAIL_URL)
    if settings.EMAIL_URL and (url.scheme not in dj_email_url.SCHEMES or (url.scheme != "console" and not _place(url))):
        hint = "It looks like submission://user:password@smtp.example.com:587"
        yield Error("EMAIL_URL can’t be understood.", hint=hint, id="mychat.E009")


def _place(url: object) -> str | None:
    return getattr(url, "hostname", None) or getattr(url, "path", "") or None


def proxies(**kwargs: object) -> Iterator[CheckMessage]:
    """Limits by address need the right address."""
    count = settings.TRUSTED_PROXY_COUNT
    if count < 0:
        yield Error("TRUSTED_PROXY_COUNT is negative.", hint="Count the proxies in front.", id="mychat.E010")
    if settings.HTTPS and not settings.BEHIND_PROXY:
        text = "HTTPS is set, but BEHIND_PROXY isn’t: every page redirects to itself for ever."
        yield Error(text, hint="Set BEHIND_PROXY=1 behind the proxy that ends TLS, or unset HTTPS.", id="mychat.E012")
    if settings.BEHIND_PROXY and count == 0:
        text = "TRUSTED_PROXY_COUNT is 0 behind a proxy: everybody seems to come from the proxy and shares its limits."
        yield Warning(text, hint="Set it to the number of proxies in front, usually 1.", id="mychat.W003")
    if count > 0 and not settings.BEHIND_PROXY:
        text = "TRUSTED_PROXY_COUNT is set, but BEHIND_PROXY isn’t: whoever connects directly can claim any address."
        yield Warning(text, hint="Set BEHIND_PROXY=1, or unset TRUSTED_PROXY_COUNT.", id="mychat.W004")


def processes(**kwargs: object) -> Iterator[CheckMessage]:
    """One process serves; more come by `bin/serve`, as more dynos or more services."""
    if env.text("WORKER") not in {"", "separate"}:
        hint = "Set WORKER=separate and run `python manage.py jobs`, or unset it to run jobs beside the web process."
        yield Error("WORKER can’t be understood.", hint=hint, id="mychat.E011")
    by_hand = env.text("WEB_CONCURRENCY") and not env.text("WEB_CONCURRENCY_SET_BY")
    if by_hand and env.text("WEB_CONCURRENCY") != "1" and not worker.is_worker():
        hint = "Serve with: bin/serve -b 0.0.0.0 -p $PORT, or run more web dynos: heroku ps:scale web=2:standard-1x"
        text = "WEB_CONCURRENCY is set, and has no effect on python -m mychat.server."
        yield Warning(text, hint=hint, id="mychat.W005")


def durability(**kwargs: Any) -> Iterator[CheckMessage]:
    """An acknowledged message is on disk: the database has to mean it when it says so."""
    for alias in kwargs.get("databases") or []:
        if connections[alias].vendor == "postgresql":
            yield from _lazy_settings(alias)


def _lazy_settings(alias: str) -> Iterator[CheckMessage]:
    for name in ("fsync", "synchronous_commit"):
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT current_setting(%s)", [name])
                value = cursor.fetchone()[0]
        except DatabaseError:
            return
        if value == "off":
            hint = f"Set {name} = on in the Postgres server’s configuration."
            yield Warning(f"Postgres runs with {name} off: a crash loses messages.", hint=hint, id="mychat.W006")
