"""Facts: one thing that happened, for the log."""

from collections.abc import Mapping
from typing import NamedTuple


class Fact(NamedTuple):
    """`id` is random and time-sortable; `type` is Auth0's log type; a sequencer off the hot path numbers facts later.

    `data` holds plain strings, numbers and booleans, and never a secret or a code.
    """

    id: str
    at: int
    type: str
    account: str | None
    client: str | None
    data: Mapping[str, object]
    number: int | None = None
