"""Who is calling when proxies stand in between."""

import ipaddress
from collections.abc import Iterable

Address = tuple[str, int] | list[str | int] | None


def caller(peer: Address, headers: Iterable[tuple[bytes, bytes]], trusted: int) -> Address:
    """The address of the client, given the address of the peer and how many proxies of ours the request came through.

    Every proxy appends the address it was called from to X-Forwarded-For, so the entry our outermost proxy wrote is
    the `trusted`-th from the right. What stands left of it was sent by the client and may be invented.
    """
    if trusted < 1:
        return peer
    forwarded = b",".join(value for name, value in headers if name.lower() == b"x-forwarded-for")
    entries = forwarded.decode("latin-1").split(",") if forwarded else []
    found = _address(entries[-trusted]) if len(entries) >= trusted else None
    return [found, 0] if found else peer


def _address(entry: str) -> str | None:
    """The IP address in an entry, which some proxies write with a port, or None."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
