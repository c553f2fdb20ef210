"""Accounts: who."""

from typing import NamedTuple

# The database of accounts and passwords, by Auth0's name.
CONNECTION = "Username-Password-Authentication"


class Account(NamedTuple):
    """One person. `security_version` moves with each change of a factor, a password or a block.

    `paced_at` is the GCRA arrival time of the bucket over all second factors, in seconds. `profile` is the JSON of
    what only people and applications read (names, picture, user_metadata, app_metadata).
    """

    id: str
    email: str
    email_verified: bool = False
    username: str | None = None
    blocked: bool = False
    security_version: int = 1
    profile: bytes = b"{}"
    created_at: int = 0
    updated_at: int = 0
    paced_at: int = 0


def canonical(identifier: str) -> str:
    """The one form under which an identifier is found: so no alias has counters of its own (CVE-2026-47203)."""
    return identifier.strip().casefold()
