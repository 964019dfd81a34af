"""Which names this site answers to: one list for HTTP hosts, CSRF and socket origins."""

from mychat import env

PLATFORM_HOSTS = ("HEROKU_APP_DEFAULT_DOMAIN_NAME", "RENDER_EXTERNAL_HOSTNAME", "RAILWAY_PUBLIC_DOMAIN")
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


def allowed(*, debug: bool) -> list[str]:
    """ALLOWED_HOSTS, else what the platform says, else this machine only.

    On a dyno that doesn't tell its name, any herokuapp.com name is taken: the router checks the host before us.
    """
    named = env.words("ALLOWED_HOSTS")
    if named:
        return named + LOOPBACK if debug else named
    platform = [name for variable in PLATFORM_HOSTS if (name := env.text(variable))]
    if env.text("FLY_APP_NAME"):
        platform.append(f"{env.text('FLY_APP_NAME')}.fly.dev")
    if not platform and env.text("DYNO"):
        platform = [".herokuapp.com"]
    return platform + env.words("CUSTOM_HOSTS") + (LOOPBACK if not platform or debug else [])


def origins(hosts: list[str]) -> list[str]:
    """The https origins of `hosts`, with a leading dot as a wildcard."""
    return [f"https://*{host}" if host.startswith(".") else f"https://{host}" for host in hosts if host != "*"]


def socket_origins(hosts: list[str]) -> list[str]:
    """The wss sources of `hosts` for the content security policy: older Safari doesn't count them as 'self'."""
    named = [host for host in hosts if host not in {"*", *LOOPBACK}]
    return [f"wss://*{host}" if host.startswith(".") else f"wss://{host}" for host in named]


def main(hosts: list[str]) -> str:
    """The name for mail addresses."""
    return next((host.lstrip(".") for host in hosts if host != "*"), "localhost")
