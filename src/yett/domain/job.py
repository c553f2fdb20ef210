"""Jobs: work that goes on after its request was answered."""

from typing import Literal, NamedTuple


class Job(NamedTuple):
    """`done` of `total` rows were taken; `errors` is JSON, a list of what was wrong with which; `client` is who asked; `tells`: a mail at the end.

    `content` is the file that is still to be worked off: sealed at rest, and gone once it is. `leased_until`: nobody else takes it before.
    """

    id: str
    type: str
    client: str
    status: Literal["pending", "processing", "completed", "failed"] = "pending"
    upsert: bool = False
    external_id: str = ""
    content: bytes = b""
    total: int = 0
    done: int = 0
    inserted: int = 0
    updated: int = 0
    failed: int = 0
    errors: bytes = b"[]"
    created_at: int = 0
    updated_at: int = 0
    leased_until: int = 0
    tells: bool = False
