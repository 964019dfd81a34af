"""The pieces every page is made of. Builtins: no template needs to load them."""

import posixpath
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.models import HUES, User
from chat.models import Room
from chat.people.presenters import avatar_url
from chat.rooms.roster import avatar_url as group_avatar_url

register = template.Library()
IMPORT = re.compile(r"""^(?:import|export)\b[^"'(\n]*["'](\.{1,2}/[^"'\n]+)["']""", re.MULTILINE)
SYMBOL = re.compile(r'<symbol id="([^"]+)".*?</symbol>', re.DOTALL)
ICONS = "img/icons.svg"


@register.simple_tag
def icon(name: str, classes: str = "", inline: bool = False) -> SafeString:
    """A drawing from `img/icons.svg`. It says nothing to a screen reader: text beside it does.

    `inline` takes it from the page's own `symbols`.
    """
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"icon {classes}".rstrip(),
        "" if inline else static(ICONS),
        name,
    )


@register.simple_tag
def symbols(*names: str) -> SafeString:
    """Drawings kept in the page, for the `inline` icons that scripts clone.

    For a clone a browser may fetch the file again, and fails while offline: just when a message waits.
    Raises KeyError for a name that isn't in `img/icons.svg`.
    """
    drawn = format_html_join("", "{}", ((_drawings()[name],) for name in names))
    return format_html('<svg hidden aria-hidden="true">{}</svg>', drawn)


@lru_cache
def _drawings() -> dict[str, SafeString]:
    source = finders.find(ICONS)
    text = Path(source).read_text() if isinstance(source, str) else ""
    return {found[1]: mark_safe(found[0]) for found in SYMBOL.finditer(text)}  # noqa: S308 our own file


@register.simple_tag
def module(entry: str) -> SafeString:
    """A page's script, with all that it imports announced, so that a browser fetches them at once and not in turn."""
    needed = _imports.__wrapped__(entry) if settings.DEBUG else _imports(entry)
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(path),) for path in needed))
    return format_html('{}\n<script type="module" src="{}"></script>', links, static(entry))


@lru_cache
def _imports(entry: str) -> list[str]:
    found, waiting = [], [entry]
    while waiting:
        path = waiting.pop(0)
        source = finders.find(path)
        texts = IMPORT.findall(Path(source).read_text()) if isinstance(source, str) else []
        for needed in (posixpath.normpath(posixpath.join(posixpath.dirname(path), text)) for text in texts):
            if needed not in found:
                found.append(needed)
                waiting.append(needed)
    return found


@register.inclusion_tag("components/mark.html")
def mark() -> dict[str, Any]:
    """The logo: two overlapping petals."""
    return {}


@register.inclusion_tag("components/avatar.html")
def avatar(
    user: User | None, size: str = "m", dot: bool = False, online: bool = True, picture: bool = True
) -> dict[str, Any]:
    """A person's picture or initials; a neutral petal for None.

    `size` is xs, s, m, l or xl; "" is the list's 44 px. `dot` adds the presence dot, shown when `online`.
    Whatever carries `data-presence` with a person's id is shown by presence.js while that person is here.
    Without `picture` there are initials only: visitors can't load pictures.
    """
    return {
        "person": user,
        "size": f"av-{size}" if size else "",
        "picture": avatar_url(user) if user and picture else None,
        "dot": dot and user is not None,
        "online": online,
    }


@register.inclusion_tag("chat/groups/_picture.html")
def group_picture(room: Room, size: str = "") -> dict[str, Any]:
    """A group's picture, or a hash sign in its colour. `size` as of avatars."""
    return {"picture": group_avatar_url(room), "hue": room.pk % HUES, "size": size}


@register.simple_tag
def online(user: User, is_online: bool, text: str = ", online") -> SafeString:
    """The words beside a dot, shown and hidden together with it."""
    hidden = "" if is_online else mark_safe(" hidden")
    return format_html('<span data-presence="{}"{}>{}</span>', user.public_id, hidden, text)


@register.filter
def first_word(name: str) -> str:
    """What one calls a person for short."""
    return name.split()[0] if name.split() else name


@register.filter
def thousands(number: int) -> str:
    """1284 as "1,284"."""
    return f"{number:,}"


@register.filter
def brief(moment: datetime | str | None) -> str:
    """When, as short as a list wants it: "14:37", "Yesterday", "Wed", "14 Nov". Empty where there is none."""
    if not isinstance(moment, datetime):
        return ""
    moment = timezone.localtime(moment)
    days = (timezone.localdate() - moment.date()).days
    if days == 1:
        return "Yesterday"
    return date_format(moment, "H:i" if days < 1 else "D" if days < 7 else "j M")


@register.filter
def control(field: BoundField, classes: str = "input") -> SafeString:
    """A form field's widget with our looks."""
    return field.as_widget(attrs={"class": classes} if classes else None)


@register.filter
def widget_kind(field: BoundField) -> str:
    """How `forms/field.html` lays a field out: "check", "password" or "text"."""
    return {"checkbox": "check", "password": "password"}.get(getattr(field.field.widget, "input_type", ""), "text")
