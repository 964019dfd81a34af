"""The demo: people with a well-known password, on this machine only."""

import ipaddress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port

DEMO_PASSWORD = "lemonade-on-the-porch"  # noqa: S105 — known to everybody on purpose


def is_offered(request: HttpRequest) -> bool:
    """Whether demo people may sign in by this request: to a demo site, from this machine, under its own name."""
    return settings.DEMO and _is_from_here(request) and _is_to_here(request)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the caller is on this machine, and not behind a proxy on it."""
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_to_here(request: HttpRequest) -> bool:
    try:
        host, _ = split_domain_port(request.get_host())
    except DisallowedHost:
        return False
    return host == "localhost" or _is_loopback(host.strip("[]"))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
