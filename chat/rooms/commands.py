"""What can be done with rooms: the schemas of the commands that `actions.py` carries out."""

from chat.live.schema import Command

COMMANDS: tuple[type[Command], ...] = ()
