"""How `accounts` speaks upward without importing `chat`."""

from django.dispatch import Signal

# Sent after commit whenever a person's open access ends.
# Arguments: user; reason ("signed_out", "password_changed" or "deactivated"); session_key, when only that session ends.
access_changed = Signal()

# Sent after commit whenever fewer people than before may know that a person is here: a narrower audience, out of the
# directory, or deactivated. Who shows presence takes it from the screens of those who may see it no longer.
# Arguments: user.
privacy_changed = Signal()

# Sent after commit when a person chose anew who may write to them or what they tell of themselves.
# Arguments: user; changed (the names of the columns that have another value now).
choices_changed = Signal()
