"""Plain functions that make what tests need."""

from accounts.models import User

PASSWORD = "seven green bicycles"


def make_user(username: str, *, password: str = PASSWORD, **fields: object) -> User:
    """A person named after their username ("alice" becomes "Alice") unless `display_name` says otherwise."""
    fields.setdefault("display_name", username.capitalize())
    return User.objects.create_user(username=username, password=password, **fields)
