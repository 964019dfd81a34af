"""What the tests of people share."""

import re
from html import unescape

from django.http import HttpResponse

from accounts.models import User
from chat.live import presence


def names(response: HttpResponse) -> list[str]:
    """The names on the directory's cards, in their order."""
    found = re.findall(r"<h3[^>]*><a[^>]*><bdi>(.*?)</bdi>", response.content.decode())
    return [unescape(name) for name in found]


def around(response: HttpResponse) -> list[str]:
    """The usernames in the strip of those who are around, in their order."""
    strip = response.content.decode().partition('<ul class="now"')[2].partition("</ul>")[0]
    return re.findall(r"/people/@([^/]+)/", strip)


def arrive(*people: User) -> None:
    """These people open a tab, one after the other."""
    for seconds, person in enumerate(people, start=60):
        presence.store().touch([(person.pk, "tab")], seconds)
