"""The peer: a chat as the well-known Channels tutorial builds it, signed in and with one INSERT for each message."""
