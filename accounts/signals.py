"""How `accounts` speaks upward without importing `chat`."""

from django.dispatch import Signal

# Sent after commit whenever a person's open access ends.
# Arguments: user; reason ("signed_out", "password_changed" or "deactivated"); session_key, when only that session ends.
access_changed = Signal()
