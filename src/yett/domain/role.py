"""Roles: what several people may do, said once."""

from typing import NamedTuple


class Permission(NamedTuple):
    """A scope of an API that somebody may have."""

    audience: str
    name: str


class Role(NamedTuple):
    """A set of permissions with a name."""

    id: str
    name: str
    description: str = ""
    created_at: int = 0
