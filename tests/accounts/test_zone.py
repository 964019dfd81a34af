"""Times in the zone of the person who looks, and words for browsers."""

from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.agents import describe, icon
from accounts.middleware import ZoneMiddleware
from accounts.models import User
from tests.threads import in_a_loop

pytestmark = pytest.mark.unit


def seen_by(user: object) -> str:
    request = HttpRequest()
    request.user = user
    return ZoneMiddleware(lambda _: HttpResponse(timezone.get_current_timezone_name()))(request).content.decode()


def test_members_see_their_own_zone() -> None:
    assert seen_by(User(time_zone="Asia/Tokyo")) == "Asia/Tokyo"


@pytest.mark.parametrize("user", [User(), User(time_zone="Gone/Away"), User(time_zone="../x"), SimpleNamespace()])
def test_others_see_the_sites(user: object) -> None:
    assert seen_by(user) == "UTC"


def test_the_zone_ends_with_the_request() -> None:
    seen_by(User(time_zone="Asia/Tokyo"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_it_is_the_same_when_awaited() -> None:
    async def answer(_: HttpRequest) -> HttpResponse:
        return HttpResponse(timezone.get_current_timezone_name())

    async def auser() -> User:
        return User(time_zone="Asia/Tokyo")

    request = HttpRequest()
    request.auser = auser
    assert in_a_loop(ZoneMiddleware(answer)(request)).content == b"Asia/Tokyo"


@pytest.mark.parametrize(
    ("agent", "words", "drawing"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux", "laptop"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows", "laptop"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Version/18 Safari/605", "Safari on Mac", "laptop"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537", "Chrome on Android", "smartphone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) CriOS/140", "Chrome on iPhone", "smartphone"),
        ("curl/8 (Linux)", "A browser on Linux", "laptop"),
        ("", "A browser", "laptop"),
        ("<script>", "A browser", "laptop"),
    ],
)
def test_browsers_are_named_in_words(agent: str, words: str, drawing: str) -> None:
    assert (describe(agent), icon(agent)) == (words, drawing)
