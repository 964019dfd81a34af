"""Who is there, with what device, and in which rooms."""

from dataclasses import dataclass

from accounts.models import User
from tests.model.process import Link
from tests.rules.client import Client


@dataclass(frozen=True)
class Person:
    """One of the cast: a stored user and a stored session."""

    user: User
    session_key: str


class Device:
    """A client and the socket it has at the moment, if any."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.client = Client(person.user.public_id)
        self.link: Link | None = None


@dataclass
class Place:
    """One person's place in a room, as the model knows it."""

    inside: bool = True
    floor: int = 0
    lowest: int = 0  # the lowest floor they ever had
