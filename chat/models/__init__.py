"""The whole schema of the chat, in one place."""

from chat.models.messages import Message
from chat.models.rooms import Membership, Room

__all__ = ["Membership", "Message", "Room"]
