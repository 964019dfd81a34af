"""What each command of `commands.py` brings about: one service each."""

from accounts.models import User
from chat.errors import NotFound
from chat.live.acting import Actions, Actor
from chat.people import blocks, commands, requests
from chat.people.services import people_visible_to


def person_block(actor: Actor, command: commands.PersonBlock) -> None:
    """Blocks or unblocks somebody whom one may look up."""
    user = _user(actor)
    person = people_visible_to(user).filter(public_id=command.user).first()
    if person is None:
        raise NotFound
    blocks.block_person(blocker=user, blocked=person, on=command.on)


def room_close(actor: Actor, command: commands.RoomClose) -> None:
    """Closes or opens one conversation."""
    blocks.close_room(user=_user(actor), room=command.room, on=command.on)


def request_accept(actor: Actor, command: commands.RequestAccept) -> None:
    """Takes a conversation on."""
    requests.accept_request(user=_user(actor), room=command.room)


def request_decline(actor: Actor, command: commands.RequestDecline) -> None:
    """Deletes a request."""
    requests.decline_request(user=_user(actor), room=command.room)


def _user(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


ACTIONS: Actions = {
    commands.PersonBlock: person_block,
    commands.RoomClose: room_close,
    commands.RequestAccept: request_accept,
    commands.RequestDecline: request_decline,
}
