"""The settings tests run with: the site's own in an empty environment, plus what makes tests quick.

The database and Redis come from DATABASE_URL and REDIS_URL; without them SQLite and memory. Everything that is
written goes to a directory that is removed at the end.
"""

import atexit
import os
import secrets
import shutil
import tempfile

SITE_VARIABLES = {
    "ALLOWED_HOSTS", "BEHIND_PROXY", "CUSTOM_HOSTS", "DEBUG", "DEMO", "DYNO", "EMAIL_URL", "HTTPS", "LOG_LEVEL",
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SETUP_CODE", "SITE_NAME", "TIME_ZONE", "TRUSTED_PROXY_COUNT", "WORKER",
}  # fmt: skip
for name in SITE_VARIABLES:
    os.environ.pop(name, None)
if "MYCHAT_TEST_DIR" not in os.environ:  # set by the first process of a run, inherited by pytest-xdist's workers
    os.environ["MYCHAT_TEST_DIR"] = tempfile.mkdtemp(prefix="mychat-test-")
    os.environ["MYCHAT_TEST_PREFIX"] = f"test-{secrets.token_hex(4)}"
    atexit.register(shutil.rmtree, os.environ["MYCHAT_TEST_DIR"], ignore_errors=True)
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["DATA_DIR"] = os.environ["MYCHAT_TEST_DIR"]
os.environ["REDIS_PREFIX"] = os.environ["MYCHAT_TEST_PREFIX"] + WORKER
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's own loop runs in the tests' thread

from mychat.settings import *  # noqa: E402, F403
from mychat.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = DATA_DIR / "uncollected"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = DATA_DIR / f"media{WORKER}"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the servers that tests start open it too. Test data need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
