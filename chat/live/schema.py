"""What every command is made of: the base of the schemas in each concern's `commands.py`."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

BIGGEST = 2**53 - 1  # what a browser counts exactly

Id = Annotated[str, Meta(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9]+$")]
Number = Annotated[int, Meta(ge=0, le=BIGGEST)]
Positive = Annotated[int, Meta(ge=1, le=BIGGEST)]


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client asks for. Any command may carry a client_id, which its answer repeats."""

    type: ClassVar[str]
    anyone: ClassVar[bool] = False  # whether it is heard before `hello`
