"""Which acr value is enough for which: a table, built in and served by the server's discovery."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
PHISHING_RESISTANT = "http://schemas.openid.net/pape/policies/2007/06/phishing-resistant"
MULTI_FACTOR_PHYSICAL = "http://schemas.openid.net/pape/policies/2007/06/multi-factor-physical"
AAL1, AAL2, AAL3 = (f"http://idmanagement.gov/ns/assurance/aal/{level}" for level in (1, 2, 3))

Implies = Mapping[str, AbstractSet[str]]

# Where the server says nothing of it.
BUILT_IN: Implies = MappingProxyType(
    {
        PHISHING_RESISTANT: frozenset({"phr"}),
        "phr": frozenset({PHISHING_RESISTANT}),
        "phrh": frozenset({"phr", PHISHING_RESISTANT}),
        MULTI_FACTOR_PHYSICAL: frozenset({MULTI_FACTOR, "phrh", "phr", PHISHING_RESISTANT}),
        AAL2: frozenset({AAL1, MULTI_FACTOR}),
        AAL3: frozenset({AAL2, AAL1, MULTI_FACTOR, MULTI_FACTOR_PHYSICAL, "phrh", "phr", PHISHING_RESISTANT}),
    }
)


def held(acr: str | None, amr: AbstractSet[str], implies: Implies) -> AbstractSet[str]:
    """Every acr value that is met: what `acr` implies, and multi-factor where `amr` has `mfa`, whatever `acr` speaks of."""
    said = ({acr} if acr else set()) | ({MULTI_FACTOR} if "mfa" in amr else set())
    return said.union(*(implies.get(one, ()) for one in said))


def table(served: object) -> Implies:
    """`acr_values_implied` of discovery, if it is there and well formed; else the one that is built in."""
    if not isinstance(served, dict) or not served:
        return BUILT_IN
    if not all(isinstance(row, list) and all(isinstance(one, str) for one in row) for row in served.values()):
        return BUILT_IN
    return {have: frozenset(row) for have, row in served.items()}
