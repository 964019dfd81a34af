"""The people of the demo."""

from dataclasses import dataclass
from pathlib import Path

FACES = Path(__file__).parent / "faces"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to try the site with."""

    username: str
    name: str
    bio: str
    status: str = ""
    zone: str = ""

    @property
    def face(self) -> bytes | None:
        """Their picture, as a square WebP, or None for those who show their initials."""
        path = FACES / f"{self.username}.webp"
        return path.read_bytes() if path.exists() else None


PEOPLE = [
    Person("ida", "Ida Lindqvist", "Carpenter. Building a boat in a barn, one plank at a time.", "In the workshop",
           "Europe/Stockholm"),
    Person("noor", "Noor Haddad", "Teaches physics, grows tomatoes, finishes neither on time.", "Marking tests"),
    Person("tomas", "Tomás Oliveira", "Plays the accordion at weddings. Yes, also at yours.", "", "Europe/Lisbon"),
    Person("wen", "Wen Zhao", "Maps, night trains, dumplings.", "On the train to Vienna", "Europe/Vienna"),
    Person("kwame", "Kwame Mensah", "Vet. Ask me about goats.", "On call until eight", "Africa/Accra"),
    Person("amira", "Amira Saleh", "Bakes bread and argues about films."),
    Person("jonas", "Jonas Berg", "New here."),
]  # fmt: skip
