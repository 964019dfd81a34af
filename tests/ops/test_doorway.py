"""Who is calling, when proxies stand in between."""

import pytest

from mychat.proxies import caller

pytestmark = pytest.mark.unit

PEER = ["10.0.0.1", 4711]


def through(*values: str, trusted: int) -> object:
    """The caller's address of a request with these X-Forwarded-For headers."""
    headers = [(b"x-forwarded-for", value.encode()) for value in values]
    found = caller(PEER, headers, trusted)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("values", "trusted", "expected"),
    [
        (["203.0.113.9"], 0, "10.0.0.1"),
        (["203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 198.51.100.2"], 2, "203.0.113.9"),
        (["203.0.113.9"], 2, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        (["203.0.113.9:55012"], 1, "203.0.113.9"),
        (["[2001:db8::7]:443"], 1, "2001:db8::7"),
        (["2001:db8::7"], 1, "2001:db8::7"),
        (["<script>"], 1, "10.0.0.1"),
        (["203.0.113.9, "], 1, "10.0.0.1"),
        (["\u00ff"], 1, "10.0.0.1"),
    ],
)
def test_the_entry_our_proxy_wrote_is_taken(values: list[str], trusted: int, expected: str) -> None:
    assert through(*values, trusted=trusted) == expected


def test_a_socket_file_has_no_peer() -> None:
    assert caller(None, [], 1) is None
    assert caller(None, [(b"x-forwarded-for", b"203.0.113.9")], 1) == ["203.0.113.9", 0]
