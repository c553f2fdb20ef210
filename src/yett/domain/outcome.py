"""What the gate answers."""

from typing import NamedTuple

from yett.domain.assurance import Assurance
from yett.domain.proof import Proof
from yett.domain.requirement import Clause


class Allow(NamedTuple):
    """Enough: the counted set that is enough, what it amounts to, and the clauses that were in force."""

    proofs: tuple[Proof, ...]
    assurance: Assurance
    clauses: tuple[Clause, ...]


class StepUp(NamedTuple):
    """More is needed. `acceptable` are the enrolments that help, best first; none: the account is not known yet."""

    reasons: tuple[str, ...]
    acceptable: tuple[str, ...]


class Enrol(NamedTuple):
    """Only a new factor helps. `acceptable` are kinds; `optional`: it may be declined, and there is a code all the same."""

    reasons: tuple[str, ...]
    acceptable: tuple[str, ...]
    optional: bool = False


class Verify(NamedTuple):
    """The address of the account is to be confirmed before its first factor is enrolled."""

    reasons: tuple[str, ...]


class Deny(NamedTuple):
    """No. `reason` is a name from the closed table of oauth.errors."""

    reason: str
    because: tuple[str, ...] = ()


Outcome = Allow | StepUp | Enrol | Verify | Deny
