"""Consents: what somebody lets an application have."""

from typing import NamedTuple


class Consent(NamedTuple):
    """One for each account, application and API; `audience` is the API's, or "" for what OpenID Connect tells of a person."""

    id: str
    account: str
    client: str
    audience: str
    scope: tuple[str, ...]
    created_at: int
    updated_at: int
