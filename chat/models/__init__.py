"""The whole schema of the chat, in one place."""

from chat.models.attachments import Attachment
from chat.models.messages import HiddenMessage, Mention, Message, MessageEdit, Reaction, Star
from chat.models.notifications import Notification, PushSubscription
from chat.models.rooms import Invite, Membership, Room
from chat.models.search import MessageSearch, SearchProgress

__all__ = [
    "Attachment",
    "HiddenMessage",
    "Invite",
    "Membership",
    "Mention",
    "Message",
    "MessageEdit",
    "MessageSearch",
    "Notification",
    "PushSubscription",
    "Reaction",
    "Room",
    "SearchProgress",
    "Star",
]
