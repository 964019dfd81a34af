"""The tutorial's settings, with the best that is ordinary. LAYER is core, pubsub or memory."""

import os

import dj_database_url

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "bench.tutorial.asgi"
ASGI_APPLICATION = "bench.tutorial.asgi.application"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "bench.tutorial",
]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without socket_timeout, redis-py 8 ends idle sockets; its own limit of connections is 100.
HOSTS = [{"address": os.environ.get("REDIS_URL", ""), "socket_timeout": None, "max_connections": 20_000}]
CHANNEL_LAYERS = {
    "default": {
        "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": HOSTS}},
        "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": HOSTS}},
        "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    }[os.environ.get("LAYER", "core")]
}
