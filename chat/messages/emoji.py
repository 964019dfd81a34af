"""What may be a reaction: one emoji as Unicode lists them."""

import emoji

from chat.errors import BadEmoji


def one_emoji(text: str) -> str:
    """`text` in the one form in which everybody sees it as a picture: "❤" and "❤️" are the same.

    Raises `BadEmoji` for anything but one emoji.
    """
    if not emoji.is_emoji(text):
        raise BadEmoji
    return emoji.emojize(emoji.demojize(text))
