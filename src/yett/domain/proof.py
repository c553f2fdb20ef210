"""A proof: one factor shown, when, and how strongly."""

from typing import Literal, NamedTuple

Category = Literal["knowledge", "possession", "inherence"]


class Shown(NamedTuple):
    """What an accepted answer proves, said by the factor, so that no rule ever names a kind.

    `channel` is a digest of what the proof travelled through (mailbox, number, device), or None where it
    travelled through nothing shared. `aal` is the ceiling of NIST SP 800-63B-4 that it can contribute to.
    `first` may stand alone at the start of a login; `spendable` may approve a transaction or a one-use scope;
    `binds` is the digest of the transaction that it approved. `restricted`: by the public telephone network, which a
    regime may forbid or attach a notice to (NIST SP 800-63B-4, 3.2.9).
    """

    kind: str
    category: Category
    channel: bytes | None
    amr: tuple[str, ...]
    aal: int
    phishing_resistant: bool = False
    hardware: bool = False
    user_verified: bool = False
    first: bool = False
    spendable: bool = False
    binds: bytes | None = None
    restricted: bool = False


class Proof(NamedTuple):
    """`Shown`, and whose, and when: all proofs of one attempt carry the second at which it completed."""

    shown: Shown
    enrolment: str
    generation: int
    attempt: str
    completed_at: int
