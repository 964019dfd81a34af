"""What pages say about files."""

from typing import Any

from django import template

from chat.attachments.services import upload_limits as limits

register = template.Library()


@register.simple_tag
def upload_limits() -> dict[str, Any]:
    """What the server takes, and its own sentences for what it doesn't: a page refuses early, in the same words."""
    return limits()
