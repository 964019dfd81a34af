"""What each command of `commands.py` brings about: one service each."""

from chat.live.acting import Actions

ACTIONS: Actions = {}
