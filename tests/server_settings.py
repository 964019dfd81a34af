"""The settings of servers that tests start: the site's own, with quick passwords and the tests' static files."""

import os

from mychat.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = os.environ["TEST_STATIC_ROOT"]
