"""Requirements: assurance asked for, and by whom."""

from typing import NamedTuple

# Sources in the order in which `acr` names the first value met (design: requirements).
SOURCES = ("essential", "client_acr", "request", "par", "transaction", "resource_scope", "tenant_always", "regime", "low_confidence", "action")
# In an access token the resource's own clauses are named first.
RESOURCE_FIRST = ("resource_scope", *(source for source in SOURCES if source != "resource_scope"))
# How long, in seconds, a token for one use is good: SDKs take what has less than a minute left for missing.
ONE_USE_LIVES = 120


class Clause(NamedTuple):
    """One source's requirement: any of `acrs` suffices (none listed: any), no proof older than `max_age` seconds.

    `essential` must be met or there is no code. `waivable` is lifted by a remembered browser. `spends` wants besides an
    approval: a spendable proof of the present attempt, of the very transaction that it is about.
    """

    source: str
    acrs: tuple[str, ...] = ()
    essential: bool = False
    max_age: int | None = None
    waivable: bool = False
    spends: bool = False


class Requirement(NamedTuple):
    """What an API, or one of its scopes, demands of whoever asks for it.

    `lifetime` is how long, in seconds from auth_time, a token may carry the scope; `one_use` wants a spendable proof
    of the present attempt. `if_able`: the `acrs` are wanted only of accounts whose own factors can meet them.
    """

    acrs: tuple[str, ...] = ()
    max_age: int | None = None
    lifetime: int | None = None
    one_use: bool = False
    if_able: bool = False
