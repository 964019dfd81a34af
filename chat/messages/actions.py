"""What each command of `commands.py` brings about: one service each."""

from chat.live import limits
from chat.live.acting import Actions, Actor
from chat.messages import commands
from chat.messages.changes import edit_message, pin_message, remove_message, set_reaction
from chat.messages.forwarding import forward_message
from chat.messages.private import hide_message, mark_unread, star_message


def message_edit(actor: Actor, command: commands.MessageEdit) -> None:
    """Says something else in its place."""
    edit_message(user_id=actor.user_id, room=command.room, seq=command.seq, body=command.body)


def message_remove(actor: Actor, command: commands.MessageRemove) -> None:
    """Takes it back."""
    remove_message(user_id=actor.user_id, room=command.room, seq=command.seq)


def message_pin(actor: Actor, command: commands.MessagePin) -> None:
    """Pins or unpins it."""
    pin_message(user_id=actor.user_id, room=command.room, seq=command.seq, on=command.on)


def reaction_set(actor: Actor, command: commands.ReactionSet) -> None:
    """Reacts to it, or no longer."""
    set_reaction(user_id=actor.user_id, room=command.room, seq=command.seq, emoji=command.emoji, on=command.on)


def message_star(actor: Actor, command: commands.MessageStar) -> None:
    """Stars it, or no longer."""
    star_message(user_id=actor.user_id, room=command.room, seq=command.seq, on=command.on)


def message_hide(actor: Actor, command: commands.MessageHide) -> None:
    """Hides it from oneself."""
    hide_message(user_id=actor.user_id, room=command.room, seq=command.seq)


def message_forward(actor: Actor, command: commands.MessageForward) -> None:
    """Says it again elsewhere: counted as a post."""
    limits.posts.check(actor.user_id)
    forward_message(
        user_id=actor.user_id,
        epoch=actor.epoch,
        room=command.room,
        seq=command.seq,
        to=command.to,
        client_id=command.client_id,
    )


def room_unread(actor: Actor, command: commands.RoomUnread) -> None:
    """Lets the room be unread from a place on, or no longer."""
    mark_unread(user_id=actor.user_id, room=command.room, seq=command.seq or None, on=command.on)


ACTIONS: Actions = {
    commands.MessageEdit: message_edit,
    commands.MessageRemove: message_remove,
    commands.MessagePin: message_pin,
    commands.ReactionSet: reaction_set,
    commands.MessageStar: message_star,
    commands.MessageHide: message_hide,
    commands.MessageForward: message_forward,
    commands.RoomUnread: room_unread,
}
