"""Every setting, environment first. An empty environment runs: SQLite, no Redis, local files.

What is missing or dangerous is named by the system checks in `mychat/checks.py`, not by an import error,
because a build imports this file before any variable is set.
"""

from pathlib import Path

import dj_database_url
import dj_email_url

from mychat import env, files, hosts, secret

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))  # what the embedded default writes; ignored by git

# --- The site -------------------------------------------------------------------------------------------------------

SITE_NAME = env.text("SITE_NAME", "mychat")
SITE_TAGLINE = env.text("SITE_TAGLINE", "Small rooms, good company.")
DEBUG = env.flag("DEBUG")
ON_DYNO = bool(env.text("DYNO"))
SECRET_KEY = secret.load(DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
SETUP_CODE = env.text("SETUP_CODE")
# Demo people have well-known passwords: they exist and sign in only where nobody else can reach the site.
DEMO = DEBUG and env.flag("DEMO", default=True)

# --- Hosts and origins: one list for HTTP, CSRF and sockets ---------------------------------------------------------

ALLOWED_HOSTS = hosts.allowed(debug=DEBUG)
CSRF_TRUSTED_ORIGINS = hosts.origins(ALLOWED_HOSTS)
BEHIND_PROXY = ON_DYNO or env.flag("BEHIND_PROXY")
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1 if BEHIND_PROXY else 0)
HTTPS = env.flag("HTTPS", default=BEHIND_PROXY)

# --- Applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "mychat.apps.MychatConfig",
    "accounts.apps.AccountsConfig",
    "chat.apps.ChatConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",  # its widget templates, for the renderer below
    "channels",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "mychat.probes.answer_probes",  # first: a platform asks by address, without TLS and whatever the host is
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ZoneMiddleware",
]

ROOT_URLCONF = "mychat.urls"
ASGI_APPLICATION = "mychat.asgi.application"

LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # Django's own autoreload, which would notice an edited template, belongs to runserver.
            "loaders": LOADERS if DEBUG else [("django.template.loaders.cached.Loader", LOADERS)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mychat.context.site",
            ],
            "builtins": ["chat.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "mychat.forms.Renderer"

# --- Database -------------------------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASES = {"default": env.parsed("DATABASE_URL", DATABASE_URL, dj_database_url.parse)}
DATABASE = DATABASES["default"]
if DATABASE["ENGINE"].endswith("sqlite3"):
    DATABASE["OPTIONS"] = {
        # Take the write lock at BEGIN: a deferred transaction that turns writer late fails without waiting.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        # FULL, because an acknowledged message survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    # A pool, never CONN_MAX_AGE: under ASGI persistent connections belong to threads that come and go, and leak.
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": env.number("DB_POOL_MAX", 5), "timeout": 10},
        # Set by the server (mychat/server.py); migrations and jobs run without a limit.
        "options": env.text("DB_OPTIONS"),
        # For the one statement that is prepared (chat/messages/postgres.py). A pooler of transactions can't keep it.
        "prepare_threshold": 5 if env.flag("DB_PREPARE", default=True) else None,
        # A network that swallows everything says nothing: given up within 25 s, not after the system's two hours.
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    DATABASE["CONN_HEALTH_CHECKS"] = True  # asked when a connection leaves the pool: it may not have outlived a restart
    if ON_DYNO:
        DATABASE["OPTIONS"].setdefault("sslmode", "require")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: hints between processes, presence and shared limits; everything works without ---------------------------

REDIS_SHARDS = [*env.words("REDIS_URL"), *env.words("REDIS_SHARDS")]  # each host carries a part of the rooms
REDIS_URL = REDIS_SHARDS[0] if REDIS_SHARDS else ""  # the first has presence and the cache, too
REDIS_PREFIX = env.text("REDIS_PREFIX", "mychat")  # Redis pub/sub ignores the database number
REDIS_TLS: dict = {"ssl_cert_reqs": None}  # platforms sign their certificates themselves
REDIS_OPTIONS = REDIS_TLS if REDIS_URL.startswith("rediss://") else {}
# One layer for each host. The limit is for answers: without one, a Redis that takes the connection and says nothing
# is waited for without end. A subscription may be silent for longer: the layer reads it with a limit of its own.
CHANNEL_LAYERS = {
    f"shard{number}": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": url,
                    "socket_timeout": 5,
                    "socket_connect_timeout": 5,
                    **(REDIS_TLS if url.startswith("rediss://") else {}),
                }
            ],
            "prefix": REDIS_PREFIX,
        },
    }
    for number, url in enumerate(REDIS_SHARDS)
}
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "mychat.cache.Cache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
            "OPTIONS": {"max_connections": 5, "socket_timeout": 1, "socket_connect_timeout": 1, **REDIS_OPTIONS},
        }
    }

# --- The live side (chat/live) --------------------------------------------------------------------------------------

LIVE = {
    "BODY_CHARS": env.number("LIVE_BODY_CHARS", 4_000),
    "BODY_BYTES": env.number("LIVE_BODY_BYTES", 16 * 1024),
    "THREADS": env.number("LIVE_THREADS", 4),
    "SOCKETS_PER_USER": env.number("LIVE_SOCKETS_PER_USER", 20),
    "CONNECTS_PER_MINUTE": env.number("LIVE_CONNECTS_PER_MINUTE", 30),
    "POST_BURST": env.number("LIVE_POST_BURST", 10),
    "POSTS_PER_SECOND": env.number("LIVE_POSTS_PER_SECOND", 2),
    "ACTION_BURST": env.number("LIVE_ACTION_BURST", 30),
    "ACTIONS_PER_SECOND": env.number("LIVE_ACTIONS_PER_SECOND", 5),
    "EDIT_MINUTES": env.number("EDIT_MINUTES", 15),  # 0: never; -1: always
    "FRAMES_PER_SECOND": env.number("LIVE_FRAMES_PER_SECOND", 50),
    "BAD_FRAMES_PER_MINUTE": 20,
    "ROOMS_PER_HOUR": env.number("LIVE_ROOMS_PER_HOUR", 60),
    "PRESENCE_LIFE": 70,
    "PRESENCE_GRACE": 10,
    "PRESENCE_SWEEP": 10,
    "POLL": env.number("LIVE_POLL_SECONDS", 1),
    "POLL_WINDOW": 10,
    "RECONCILE": env.number("LIVE_RECONCILE_SECONDS", 30),
    "EPOCHS": 15,
    "STALLED_SECONDS": env.number("LIVE_STALLED_SECONDS", 60),
}

# --- Limits that all processes share, by person (the cache counts) ---------------------------------------------------

LIMITS = {
    "SEARCHES_PER_MINUTE": env.number("SEARCHES_PER_MINUTE", 120),
    # Strangers one person may have asked, within a day, who haven't accepted; the second for an account of one day.
    "REQUESTS_PER_DAY": env.number("REQUESTS_PER_DAY", 10),
    "REQUESTS_OF_NEWCOMERS": env.number("REQUESTS_OF_NEWCOMERS", 3),
}

# --- People and signing in ------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat:home"
LOGOUT_REDIRECT_URL = "account_login"

# --- Mail: without EMAIL_URL no address is asked and nothing is sent -------------------------------------------------

EMAIL_URL = env.text("EMAIL_URL")
HAS_MAIL = bool(EMAIL_URL)
MAIL = env.parsed("EMAIL_URL", "console:" if DEBUG else "dummy:", dj_email_url.parse)
EMAIL_BACKEND = MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")  # a check names a bad one
EMAIL_HOST = MAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = MAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = MAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{hosts.main(ALLOWED_HOSTS)}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"} if HAS_MAIL else {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"] if HAS_MAIL else ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if HAS_MAIL else "none"  # for newcomers: accounts/stages.py
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = HAS_MAIL
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_USERNAME_MIN_LENGTH = 1
ACCOUNT_USER_DISPLAY = "accounts.services.display_name"
ACCOUNT_RATE_LIMITS = {"setup": "10/m/ip,60/h/ip", "picture": "20/10m/user"}  # ours, beside allauth’s own
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "add_email": "accounts.forms.ChooseAddressForm",
    "change_password": "accounts.forms.ChangePassword",
    "set_password": "accounts.forms.SetPassword",
    "reset_password": "accounts.forms.ForgotPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "reauthenticate": "accounts.forms.ConfirmItsYouForm",
}
USERSESSIONS_ADAPTER = "accounts.adapter.SessionsAdapter"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24

# --- Sessions and cookies -------------------------------------------------------------------------------------------

SESSION_ENGINE = "accounts.session_store"  # the hub checks open sockets against its table
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "mychat_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "mychat_csrf"
CSRF_FAILURE_VIEW = "mychat.views.csrf_failure"

# --- Transport security ---------------------------------------------------------------------------------------------

if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 3600 if HTTPS else 0)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Whether subdomains are ours too, only the deployer knows: on a platform's domain they belong to strangers.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:", *files.origins()],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *hosts.socket_origins(ALLOWED_HOSTS), *files.origins()],
        "media-src": ["'self'", "blob:", *files.origins()],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        # Text goes in as text: no script of ours may hand a string to the HTML parser (the directory's htmx may).
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["worker"],  # static/js/install.js: a service worker's address counts as script
    }
}

# --- Files ----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"  # never served as files: every picture goes through a view that asks who is looking
STORAGES = {
    "default": files.storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "mychat.storage.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
HEAD_SECONDS = env.number("HEAD_SECONDS", 20)  # that a connection may be silent, or take to say what it wants
MAX_BODY_BYTES = env.number("MAX_BODY_BYTES", 8 * 1024 * 1024)  # refused by the server before it is stored anywhere
# What may be attached to messages (chat/attachments). An upload's body may be as large as a file, and a little more.
MEGABYTE = 1024 * 1024
ATTACHMENTS = {
    "FILE_BYTES": env.number("FILE_MEGABYTES", 25) * MEGABYTE,
    "PER_MESSAGE": 10,
    "DAY_BYTES": env.number("FILE_MEGABYTES_A_DAY", 250) * MEGABYTE,  # of one person
    "PERSON_BYTES": env.number("FILE_MEGABYTES_A_PERSON", 2_000) * MEGABYTE,  # in all
    "REDIRECTS": "OPTIONS" in STORAGES["default"],  # downloads come from the object store, by links that live a minute
    "DECODERS": env.number("PICTURE_DECODERS", 2),  # processes at once, for a second or two each
    "DECODER_MEGABYTES": env.number("PICTURE_DECODER_MEGABYTES", 448),
}
FAST_FRAMES = env.flag("FAST_FRAMES", default=True)  # small frames of sockets: mychat/fastframes.py

# --- Web Push -------------------------------------------------------------------------------------------------------

VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY")  # empty: one that follows from SECRET_KEY
VAPID_CONTACT = env.text("VAPID_CONTACT", f"mailto:{DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
PUSH_LOOPBACK = False  # tests have a push service of their own on this machine

# --- Jobs -----------------------------------------------------------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# --- Logs: one line an event, to stdout, never a word of what people write -------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "mychat.logs.Line"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners; each would cost a traceback
        "daphne": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "channels_redis": {
            "level": "CRITICAL"
        },  # a traceback a second while Redis is away; chat.live says it in a line
    },
}
