"""What a verb tells: on its way, and how it ended."""

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Event(NamedTuple):
    """`progress`, then exactly one `done` or `refused`. `data` is for programs."""

    kind: Literal["progress", "done", "refused"]
    says: str
    data: Mapping[str, object] = {}
