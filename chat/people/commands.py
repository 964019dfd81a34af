"""What can be done with people: the schemas of the commands that `actions.py` carries out."""

from chat.live.schema import Command

COMMANDS: tuple[type[Command], ...] = ()
