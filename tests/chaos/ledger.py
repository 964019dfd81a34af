"""What a run writes down. Plain data: the checker needs nothing else, and JSON keeps it.

Times are seconds of one monotonic clock. People and rooms go by their public ids; a device is a person's client.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Write:
    """A message as somebody wrote it. No two bodies of a run are alike."""

    device: str
    sender: str
    room: str
    client_id: str
    body: str
    at: float


@dataclass(slots=True)
class Answer:
    """What the server said to a message: its place, or the code that refused it for good."""

    device: str
    client_id: str
    at: float
    room: str = ""
    seq: int = 0
    refused: str = ""


@dataclass(slots=True, frozen=True)
class Row:
    """A message as the database or a device's screen has it."""

    seq: int
    sender: str
    client_id: str
    body: str


@dataclass(slots=True)
class Fault:
    """Something that broke from `start` to `end`."""

    kind: str
    start: float
    end: float = 0.0
    cut: list[str] = field(default_factory=list)  # devices that lost their connection meanwhile
    problems: list[str] = field(default_factory=list)  # what should not have happened, e.g. an exit code


@dataclass(slots=True)
class View:
    """What one device was shown: every row in the order it came, and the screen at the end, by room."""

    device: str
    person: str
    shown: dict[str, list[tuple[int, float]]] = field(default_factory=dict)  # (seq, when)
    screen: dict[str, list[Row]] = field(default_factory=dict)
    heard_of: set[str] = field(default_factory=set)  # every room that any frame named
    resets: int = 0
    connects: int = 0
    closes: dict[int, int] = field(default_factory=dict)  # close code -> times


@dataclass(slots=True)
class Ledger:
    """One run."""

    seed: int = 0
    rooms: dict[str, list[str]] = field(default_factory=dict)  # room -> the people in it
    writes: list[Write] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    truth: dict[str, list[Row]] = field(default_factory=dict)  # room -> rows by seq, as Postgres has them
    counters: dict[str, int] = field(default_factory=dict)  # room -> its counter at the end
    ended: float = 0.0

    def save(self, path: Path) -> None:
        """Writes everything as JSON, to look at after a failure."""
        path.write_text(json.dumps(asdict(self), default=sorted, indent=1))
