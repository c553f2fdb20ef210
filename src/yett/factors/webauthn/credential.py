"""Credentials as they are kept, and what a ceremony must fulfil; nothing here needs a key, so every login may load it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# COSE algorithms (RFC 9053, RFC 8812), in the order of preference: what is small and hard to get wrong first.
ES256, EDDSA, ES384, ES512, RS256, PS256, ED448 = -7, -8, -35, -36, -257, -37, -53
ALGORITHMS = (EDDSA, ES256, ED448, ES384, ES512, RS256, PS256)


class Refused(Exception):
    """A ceremony that does not hold; the reason is one of a closed list that pages have words for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Terms(NamedTuple):
    """What a ceremony must fulfil. `top_origins` may embed us (none: nobody); `verified`: the user must be; `present`: somebody must be."""

    challenge: bytes
    rp_id: str
    origins: tuple[str, ...]
    top_origins: tuple[str, ...] = ()
    verified: bool = False
    present: bool = True


class Trust(NamedTuple):
    """Which authenticators are good enough. `roots` are trust anchors in DER, by model; b"" those of every model.

    `attested`: only what a root vouches for. `allowed` and `denied` are models (an empty `allowed`: any). `hardware`:
    only keys that cannot leave their authenticator, which a root or the format must say.
    """

    attested: bool = False
    allowed: frozenset[bytes] = frozenset()
    denied: frozenset[bytes] = frozenset()
    hardware: bool = False
    roots: Mapping[bytes, Sequence[bytes]] = {}
    protected: frozenset[bytes] = frozenset()
    """Models whose metadata says that their keys are kept in hardware."""
    withdrawn: frozenset[bytes] = frozenset()
    """Key identifiers of certificates that are trusted no longer, whatever root they lead to."""


class Credential(NamedTuple):
    """A credential as it is kept. `model` is vouched for only where `attested` says so; `rp` is the name that it is bound to ("": not known).

    `handle` is what its authenticator calls the account (b"": our own name for it); `agent` the browser that it was made in.
    """

    id: bytes
    key: bytes
    counter: int
    eligible: bool
    backed_up: bool
    verified: bool
    model: bytes
    attested: bool
    hardware: bool
    rp: str = ""
    handle: bytes = b""
    transports: tuple[str, ...] = ()
    agent: str = ""
